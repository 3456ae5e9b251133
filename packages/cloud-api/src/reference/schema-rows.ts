import {
  IsArray,
  IsBoolean,
  IsEnum,
  IsInteger,
  IsNull,
  IsObject,
  IsOptional,
  IsUnion,
  type TObject,
  type TSchema,
} from 'typebox';

/** One field of a request, response or object, as the reference shows it. */
export interface FieldRow {
  readonly name: string;
  /** `string`, `integer`, `boolean`, name of an object; `[]` behind it for a list. */
  readonly type: string;
  readonly required: boolean;
  readonly nullable: boolean;
  /** Allowed values and sizes in words, empty when there are none. */
  readonly bounds: string;
  /** Empty is a defect, which the tests find. */
  readonly description: string;
}

/** The fields of a schema and the objects that they name. */
export interface SchemaRows {
  readonly rows: readonly FieldRow[];
  /** Objects by title, in the order they are met, those inside others included. */
  readonly objects: ReadonlyMap<string, TObject>;
}

interface Unwrapped {
  readonly schema: TSchema;
  readonly nullable: boolean;
}

/** The schema behind "or null". */
function unwrap(schema: TSchema): Unwrapped {
  if (!IsUnion(schema)) return { schema, nullable: false };
  const [first, ...others] = schema.anyOf.filter((variant) => !IsNull(variant));
  if (first === undefined || others.length > 0) throw new Error('a union of an API schema is "something or null"');
  return { schema: first, nullable: true };
}

/** Text keyword of JSON Schema, or an empty text. */
function textOf(schema: TSchema, keyword: 'description' | 'title'): string {
  const value: unknown = Reflect.get(schema, keyword);
  return typeof value === 'string' ? value : '';
}

function typeName(schema: TSchema): string {
  if (IsArray(schema)) return `${typeName(unwrap(schema.items).schema)}[]`;
  if (IsObject(schema)) return textOf(schema, 'title');
  if (IsBoolean(schema)) return 'boolean';
  return IsInteger(schema) ? 'integer' : 'string';
}

function range(minimum: unknown, maximum: unknown, unit: string): string {
  const suffix = unit === '' ? '' : ` ${unit}`;
  if (minimum !== undefined && maximum !== undefined) return `${minimum}–${maximum}${suffix}`;
  if (maximum !== undefined) return `≤ ${maximum}${suffix}`;
  return minimum === undefined ? '' : `≥ ${minimum}${suffix}`;
}

function boundsOf(schema: TSchema): string {
  const keyword = (name: string): unknown => Reflect.get(schema, name);
  if (IsArray(schema)) {
    const items = boundsOf(unwrap(schema.items).schema);
    const size = range(keyword('minItems'), keyword('maxItems'), 'items');
    return [size, items === '' ? '' : `each ${items}`].filter((text) => text !== '').join('; ');
  }
  if (IsEnum(schema)) return schema.enum.map((value) => (value === '' ? '(empty)' : `\`${value}\``)).join(', ');
  if (IsInteger(schema)) return range(keyword('minimum'), keyword('maximum'), '');
  const length = range(keyword('minLength'), keyword('maxLength'), 'characters');
  const pattern = keyword('pattern');
  return [length, pattern === undefined ? '' : `\`${pattern}\``].filter((text) => text !== '').join('; ');
}

/** Description of a field: its own, or that of what its list holds. */
function descriptionOf(schema: TSchema): string {
  const own = textOf(schema, 'description');
  return own === '' && IsArray(schema) ? textOf(unwrap(schema.items).schema, 'description') : own;
}

/** Flattens a schema into rows. Objects with a title get one row and stand in `objects`. PURE. */
export function schemaRows(root: TObject): SchemaRows {
  const objects = new Map<string, TObject>();
  const rows: FieldRow[] = [];
  for (const [name, property] of Object.entries(root.properties)) {
    const { schema, nullable } = unwrap(property);
    const element = IsArray(schema) ? unwrap(schema.items).schema : schema;
    if (IsObject(element)) {
      const title = textOf(element, 'title');
      if (title === '') throw new Error(`the object ${name} has no title`);
      objects.set(title, element);
      for (const [inner, object] of schemaRows(element).objects) objects.set(inner, object);
    }
    rows.push({
      name,
      type: typeName(schema),
      required: !IsOptional(property),
      nullable,
      bounds: boundsOf(schema),
      description: descriptionOf(schema) || descriptionOf(property),
    });
  }
  return { rows, objects };
}

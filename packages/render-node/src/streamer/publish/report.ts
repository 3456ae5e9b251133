import { type Static, Type } from 'typebox';

/** What a publisher process writes to its standard output, one JSON object a line. */
export const PublisherReportSchema = Type.Union([
  Type.Object({ type: Type.Literal('opened') }),
  Type.Object({ type: Type.Literal('publishing') }),
  /** Why it ends; no part of the URL. */
  Type.Object({ type: Type.Literal('failed'), message: Type.String() }),
]);
/** See {@link PublisherReportSchema}. */
export type PublisherReport = Static<typeof PublisherReportSchema>;

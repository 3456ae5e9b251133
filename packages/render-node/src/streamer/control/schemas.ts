import { limits } from '@cloudstage/protocol';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { controlLimits } from './limits.js';

/**
 * Everything a client may send, as lenient as its SDKs are careless: unknown fields pass, numbers may be text ("0x4000"),
 * booleans may be numbers. What passes here is converted once, in `decode-*.ts`.
 * @see docs/reference/wire-protocol.md "Data channels"
 */

const NumberLike = Type.Union([Type.Number(), Type.String({ maxLength: 24 })]);
const BooleanLike = Type.Union([Type.Boolean(), Type.Number(), Type.String({ maxLength: 8 })]);
const Short = Type.String({ maxLength: controlLimits.fieldChars });
const Lenient = { additionalProperties: true };
const Maybe = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

/** Any message: only its type is looked at. */
export const typedMessage = Compile(Type.Object({ type: Short }, Lenient));

/** `keyboard`. */
export const keyboardMessage = Compile(
  Type.Object({ key: NumberLike, down: BooleanLike, location: Maybe(NumberLike), code: Maybe(Short) }, Lenient),
);
/** `mousemove`, `mousemove_v2`, `mousedeltamove`: API calls lose x and y, such a message is no move. */
export const pointMessage = Compile(Type.Object({ x: NumberLike, y: NumberLike }, Lenient));
/** The five mouse buttons. */
export const buttonMessage = Compile(Type.Object({ down: BooleanLike }, Lenient));
/** `mousescroll` and `mousehorizontalscroll`; their x and y mean nothing to a desktop. */
export const wheelMessage = Compile(Type.Object({ delta: NumberLike }, Lenient));
/** `event_touch`. */
export const touchMessage = Compile(
  Type.Object(
    {
      finger_id: NumberLike,
      event_type: NumberLike,
      x: NumberLike,
      y: NumberLike,
      width: Maybe(NumberLike),
      height: Maybe(NumberLike),
    },
    Lenient,
  ),
);
/** `key_seq`: JSON text of other messages. */
export const sequenceMessage = Compile(
  Type.Object({ keys: Type.Array(Type.String({ maxLength: 1_024 }), { maxItems: limits.keySequenceLength }) }, Lenient),
);

/** Envelope of `ack`; `data` is checked by its type. */
export const ackEnvelope = Compile(
  Type.Object(
    {
      seq: Maybe(Type.Union([Type.Number(), Type.String({ maxLength: controlLimits.sequenceChars })])),
      data: Type.Optional(Type.Unknown()),
    },
    Lenient,
  ),
);
/** `set_cursor`. */
export const setCursorRequest = Compile(Type.Object({ show: NumberLike }, Lenient));
/** `set_pointer_style`. */
export const pointerStyleRequest = Compile(Type.Object({ style: Short }, Lenient));
/** `paste`. */
export const pasteRequest = Compile(Type.Object({ content: Type.String({ maxLength: limits.pasteChars }) }, Lenient));
/** `desktop_res`. */
export const resolutionRequest = Compile(Type.Object({ width: NumberLike, height: NumberLike }, Lenient));
/** `res_mode`. */
export const profileRequest = Compile(
  Type.Object(
    {
      fps: Maybe(NumberLike),
      max_bitrate: Maybe(NumberLike),
      min_bitrate: Maybe(NumberLike),
      unit: Maybe(Type.String({ maxLength: 8 })),
      video_width: Maybe(NumberLike),
      video_height: Maybe(NumberLike),
    },
    Lenient,
  ),
);
/** `game_op`. */
export const gameOperationRequest = Compile(Type.Object({ op: Short, media: Maybe(Short) }, Lenient));
/** `switch_mic`: the client has opened or closed its microphone. */
export const micSwitch = Compile(
  Type.Object({ status: Type.Union([Type.Literal('open'), Type.Literal('close')]) }, Lenient),
);
/** `mic_status`. */
export const micStatusRequest = Compile(
  Type.Object({ user_id: Type.String({ maxLength: limits.userIdChars }), status: NumberLike }, Lenient),
);

/** A heartbeat: statistics are optional one by one, so only the shape of the whole is checked. */
export const heartbeatMessage = Compile(Type.Object({ timestamp: Maybe(NumberLike) }, Lenient));

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAppError } from '@cloudstage/protocol';
import { AV_LOG_FATAL } from 'node-av/constants';
import { type Frame, Log } from 'node-av/lib';
import nodeDataChannel from 'node-datachannel';
import { type Logger, pino } from 'pino';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { serveRpc } from '../links/rpc.js';
import {
  mediaSocketName,
  type StreamerConfig,
  type StreamerEvents,
  type StreamerMethods,
} from '../links/streamer-link.js';
import { openDisplay, type X11Display } from '../x11/display.js';
import { createControl } from './control/index.js';
import type { StreamerDeps } from './deps.js';
import { streamerLimits } from './limits.js';
import { createAudioEncoder } from './media/audio-encoder.js';
import { AudioPipeline } from './media/audio-pipeline.js';
import { av1EncoderName, createAv1Encoder } from './media/av1-encoder.js';
import { createWallClock } from './media/clock.js';
import { createColorConverter } from './media/color-convert.js';
import { createCpuMeter } from './media/cpu-load.js';
import { createCursorPainter } from './media/cursor-painter.js';
import { createEncoderChoice } from './media/encoder-choice.js';
import { createH264Opener } from './media/h264-encoder.js';
import { hardwareRecipes } from './media/hardware-encoders.js';
import { Microphone } from './media/microphone.js';
import { MicrophoneUse } from './media/microphone-use.js';
import { createMemoryMapper } from './media/native-memory.js';
import { createScalingConverter } from './media/picture-scale.js';
import { fullSize } from './media/picture-size.js';
import { openRecipe } from './media/reopening-encoder.js';
import { createScreenSource } from './media/screen-source.js';
import { type H264Recipe, type VideoEncoderOptions, x264Recipe } from './media/video-encoder.js';
import { VideoPipeline } from './media/video-pipeline.js';
import { createVp8Encoder } from './media/vp8-encoder.js';
import { x264EncoderName } from './media/x264-encoder.js';
import { LivePush } from './publish/live-push.js';
import { startPublisher } from './publish/publisher-process.js';
import { createPartFiles } from './record/part-files.js';
import { Recording } from './record/recording.js';
import { serveMediaSockets } from './socket/server.js';
import { Streamer } from './streamer.js';
import { commonCodecs, videoCodecs } from './video-codec.js';
import { createMainWindowKeeper } from './window/main-window.js';

/**
 * Entry of a streamer process: `node dist/streamer/main.js '<StreamerConfig as JSON>'`. Ends on SIGTERM, when the slot's
 * directory is gone, or when the display is lost; a lost agent does not end it.
 */

const ConfigSchema = Type.Object({
  slotIndex: Type.Integer({ minimum: 0 }),
  runDir: Type.String({ minLength: 1 }),
  display: Type.String({ minLength: 1 }),
  xSocketPath: Type.String({ minLength: 1 }),
  xAuthorityPath: Type.String(),
  pulseServer: Type.String({ minLength: 1 }),
  pulseSource: Type.String({ minLength: 1 }),
  loopbackAddress: Type.String({ minLength: 1 }),
  logLevel: Type.String(),
  pulseMicrophone: Type.String({ minLength: 1 }),
  microphonePath: Type.String(),
  probedEncoders: Type.Optional(Type.Array(Type.String(), { maxItems: 16 })),
  publisherEntry: Type.Optional(Type.String()),
});

function readConfig(): StreamerConfig {
  const value: unknown = JSON.parse(process.argv[2] ?? 'null');
  if (Value.Check(ConfigSchema, value)) return value;
  const first = Value.Errors(ConfigSchema, value)[0];
  throw new Error(`the streamer's configuration is wrong at ${first?.instancePath || '/'}: ${first?.message ?? ''}`);
}

async function connectDisplay(config: StreamerConfig, logger: Logger): Promise<X11Display> {
  const address = {
    display: config.display,
    socketPath: config.xSocketPath,
    ...(config.xAuthorityPath ? { xAuthorityPath: config.xAuthorityPath } : {}),
  };
  for (let attempt = 1; ; attempt++) {
    try {
      return await openDisplay({ ...address, logger });
    } catch (error) {
      if (!isAppError(error, 'x11-unreachable') || attempt >= streamerLimits.connectAttempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, streamerLimits.connectRetryMs));
    }
  }
}

/** An opener for each codec; for H.264 the cards that the node has found, then x264 with our rate control and its own, then with its own alone. */
function createOpeners({ config, logger }: Pick<Parts, 'config' | 'logger'>) {
  const cards = hardwareRecipes.filter(({ name }) => config.probedEncoders?.includes(name));
  const candidate = (recipe: H264Recipe) => ({
    name: recipe.name,
    open: (options: VideoEncoderOptions, shared?: Frame) => openRecipe(recipe, options, shared),
  });
  const ours = { name: x264EncoderName, open: createH264Opener(logger) };
  const candidates = [...cards.map(candidate), ours, candidate(x264Recipe)];
  return { H264: createEncoderChoice(candidates, logger), VP8: createVp8Encoder, AV1: createAv1Encoder } as const;
}

interface Parts {
  readonly config: StreamerConfig;
  readonly logger: Logger;
  /** Capture and input have a connection each: a large capture never delays an injected key. */
  readonly captureDisplay: X11Display;
  readonly controlDisplay: X11Display;
}

function createVideoParts({ config, captureDisplay, logger }: Parts, clock: () => number) {
  const openers = createOpeners({ config, logger });
  const memory = createMemoryMapper();
  const converter = createScalingConverter(createColorConverter(memory, logger));
  const painter = createCursorPainter(captureDisplay, logger);
  const create: StreamerDeps['createVideo'] = (events) =>
    new VideoPipeline(
      {
        createSource: (onDamage) =>
          createScreenSource({ display: captureDisplay, memory, converter, onDamage, paint: painter.paint }),
        createEncoder: (codec, options, shared) => openers[codec](options, shared),
        clock,
        logger,
        ...events,
      },
      { ...fullSize, fps: 30, bitrateBps: 4_000_000 },
    );
  return { create, painter, converter };
}

/** The users' voices on their way to the program, and whether it listens. */
function createMicrophone({ config, logger }: Parts) {
  const microphone = new Microphone({ path: config.microphonePath, logger, nowMs: () => performance.now() });
  const use = new MicrophoneUse({
    ...{ pulseServer: config.pulseServer, source: config.pulseMicrophone, logger },
    onUse: (inUse) => microphone.setInUse(inUse),
  });
  if (config.microphonePath !== '') use.start();
  return { microphone, use };
}

function compose(parts: Parts, emit: <K extends keyof StreamerEvents>(event: K, payload: StreamerEvents[K]) => void) {
  const { config, logger, captureDisplay, controlDisplay } = parts;
  const publisherEntry = config.publisherEntry ?? fileURLToPath(new URL('publish/main.js', import.meta.url));
  const clock = createWallClock();
  const video = createVideoParts(parts, clock);
  // Not on the connection of the channels, which listen to some of the same windows.
  const mainWindow = createMainWindowKeeper(captureDisplay, logger);
  const { microphone, use: microphoneUse } = createMicrophone(parts);
  const streamer = new Streamer({
    display: captureDisplay,
    clock,
    logger,
    loopbackAddress: config.loopbackAddress,
    codecs: config.probedEncoders?.includes(av1EncoderName) ? videoCodecs : commonCodecs,
    cpuUsagePercent: createCpuMeter(),
    createVideo: video.create,
    createAudio: (onSound, onPcm) =>
      new AudioPipeline({ createEncoder: createAudioEncoder, clock, logger, onSound, onPcm }, config),
    createPush: (events) =>
      new LivePush({
        ...events,
        startPublisher: (target, publisherEvents) => startPublisher(publisherEntry, target, publisherEvents),
        logger,
        nowMs: () => performance.now(),
      }),
    createRecording: (events) =>
      new Recording({
        ...events,
        startWriter: (target, writerEvents) => startPublisher(publisherEntry, target, writerEvents),
        files: createPartFiles(),
        logger,
        nowMs: () => performance.now(),
      }),
    microphone,
    mainWindow,
    createControl: (stream) =>
      createControl({ display: controlDisplay, logger, stream, microphone: microphoneUse, now: () => clock() / 1_000 }),
    drawCursor: (pipeline, enabled) => video.painter.setEnabled(enabled, pipeline),
    emit,
  });
  const close = async () => {
    video.painter.close();
    mainWindow.close();
    microphoneUse.close();
    await streamer.close();
    video.converter.close();
    await Promise.all([captureDisplay.close(), controlDisplay.close()]);
  };
  return { streamer, close };
}

/** Ends the process in order, once; a close that hangs is cut off. */
function createShutdown(logger: Logger, close: () => Promise<void>) {
  let ending = false;
  return (reason: string, exitCode: number) => {
    if (ending) return;
    ending = true;
    logger.info({ reason }, 'streamer ends');
    process.exitCode = exitCode;
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), streamerLimits.shutdownMs).unref();
    close()
      .catch((error: unknown) => logger.error({ err: error }, 'closing failed'))
      .then(() => {
        nodeDataChannel.cleanup();
        process.exit(exitCode);
      });
  };
}

async function main(): Promise<void> {
  const config = readConfig();
  const logger = pino({ level: config.logLevel, base: { process: 'streamer', slotIndex: config.slotIndex } });
  // FFmpeg writes to stderr past the logger; its failures reach us as results of calls.
  Log.setLevel(AV_LOG_FATAL);
  nodeDataChannel.initLogger('Error', (level, message) => logger.warn({ level, message }, 'libdatachannel'));
  nodeDataChannel.preload();
  const [captureDisplay, controlDisplay] = await Promise.all([
    connectDisplay(config, logger),
    connectDisplay(config, logger),
  ]);
  let emit: <K extends keyof StreamerEvents>(event: K, payload: StreamerEvents[K]) => void = () => undefined;
  const { streamer, close } = compose({ config, logger, captureDisplay, controlDisplay }, (event, payload) =>
    emit(event, payload),
  );
  await streamer.prepare();
  const server = await serveRpc<StreamerMethods, StreamerEvents>(
    join(config.runDir, 'streamer.sock'),
    streamer.handlers(),
  );
  const sockets = await serveMediaSockets(join(config.runDir, mediaSocketName), {
    claim: (token) => streamer.claimSocket(token),
    logger,
  });
  emit = server.emit;
  const shutdown = createShutdown(logger, async () => {
    clearInterval(runDirCheck);
    await close();
    await sockets.close();
    await server.close();
  });
  const runDirCheck = setInterval(() => {
    if (!existsSync(config.runDir)) shutdown('the slot directory is gone', 0);
  }, streamerLimits.runDirCheckMs);
  process.on('SIGTERM', () => shutdown('SIGTERM', 0));
  process.on('SIGINT', () => shutdown('SIGINT', 0));
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'a bug: an exception nobody caught');
    shutdown('uncaught exception', 1);
  });
  for (const display of [captureDisplay, controlDisplay]) {
    display.onClosed(() => shutdown('the display is lost', 1));
  }
  logger.info({ display: config.display }, 'streamer is ready');
}

main().catch((error: unknown) => {
  process.stderr.write(`streamer cannot start: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
  process.exit(1);
});

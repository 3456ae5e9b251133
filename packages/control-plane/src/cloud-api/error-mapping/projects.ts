import { explainedError, invalidParameterValue, type LocalizedText, publicError } from '@cloudstage/cloud-api';
import { assertNever } from '@cloudstage/protocol';
import type { DeleteProjectsOutcome, ProjectProblem } from '../../services/projects/contract.js';
import type { ProjectSettings } from '../../services/projects/settings.js';
import type { FailureOf, MappedFailure } from './failure.js';
import { projectNotFound } from './sessions.js';

/** Parameter in which a caller has given a setting. */
const parameters: Readonly<Record<keyof ProjectSettings, string>> = {
  type: 'ProjectType',
  category: 'ProjectCategory',
  description: 'Description',
  width: 'Resolution',
  height: 'Resolution',
  fps: 'FPS',
  minBitrateBps: 'MinBitrate',
  maxBitrateBps: 'MaxBitrate',
  reconnectGraceMs: 'ReconnectTimeout',
  concurrencyType: 'Type',
  isPreload: 'IsPreload',
  preloadMs: 'PreloadDuration',
  parameters: 'ApplicationParams',
  concurrencyLimit: 'Amount',
  upstreamAudioOption: 'UpstreamAudioOption',
  pushGopMs: 'VideoEncodeConfig.StreamPushGOPSeconds',
  xrMaxWidth: 'XRMaxWidth',
  backgroundImageId: 'BackgroundImageCOSFileId',
  disabledVideoCodecs: 'DisableVideoCodecs',
  maxDurationMs: 'MaxDuration',
};

const wrong = (parameter: string, reason: LocalizedText): MappedFailure => ({
  error: invalidParameterValue(parameter, reason),
});

/** Refusals of CreateApplicationProject and ModifyApplicationProject. */
export function mapProjectProblem(
  outcome: ProjectProblem | { readonly type: 'project-not-found' | 'packages-bound' },
): MappedFailure {
  switch (outcome.type) {
    case 'project-not-found':
      return projectNotFound;
    case 'name-invalid':
      return wrong('Name', { 'en-US': 'must have 1 to 64 characters.', 'zh-CN': '应为 1 至 64 个字符。' });
    case 'name-taken':
      return wrong('Name', { 'en-US': 'is the name of another project.', 'zh-CN': '与其他项目重名。' });
    case 'setting-invalid': {
      const parameter = parameters[outcome.setting];
      const lead = { 'en-US': `The parameter \`${parameter}\` is refused`, 'zh-CN': `参数 \`${parameter}\` 取值错误` };
      return { error: explainedError('InvalidParameterValue', lead, outcome.message) };
    }
    case 'application-not-found':
      return wrong('ApplicationId', { 'en-US': 'names no application.', 'zh-CN': '对应的应用不存在。' });
    case 'category-mismatch':
      return wrong('ProjectCategory', {
        'en-US': 'does not fit the application: MOBILE is for ApplicationAPK, DESKTOP for all others.',
        'zh-CN': '与应用类型不符：MOBILE 仅用于 ApplicationAPK，其余应用为 DESKTOP。',
      });
    case 'image-not-found':
      return wrong('BackgroundImageCOSFileId', {
        'en-US': 'names no uploaded picture.',
        'zh-CN': '对应的图片不存在。',
      });
    case 'packages-bound':
      return {
        error: publicError('FailedOperation', {
          'en-US':
            'Concurrency packages of another type are bound to the project; unbind them before its Type changes.',
          'zh-CN': '项目已绑定其他规格的并发包，请先解绑再修改规格。',
        }),
      };
    default:
      return assertNever(outcome, 'problem of a project');
  }
}

/** Refusals of DeleteApplicationProjects; the ids are the caller's own, so they may be named. */
export function mapDeleteProjects(outcome: FailureOf<DeleteProjectsOutcome, 'deleted'>): MappedFailure {
  switch (outcome.type) {
    case 'project-not-found':
      return wrong('ProjectIds', {
        'en-US': `names a project that does not exist: ${outcome.projectId}.`,
        'zh-CN': `包含不存在的项目：${outcome.projectId}。`,
      });
    case 'in-use':
      return {
        error: publicError('FailedOperation', {
          'en-US': `Project ${outcome.projectId} has sessions; end them before it is deleted.`,
          'zh-CN': `项目 ${outcome.projectId} 仍有会话，请结束后再删除。`,
        }),
      };
    default:
      return assertNever(outcome, 'outcome of DeleteApplicationProjects');
  }
}

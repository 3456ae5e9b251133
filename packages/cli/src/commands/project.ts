import type { Command } from 'commander';
import { addCommand, addGroup } from './command.js';
import { type CommandContext, connectInstance, type InstanceOptions, print } from './context.js';
import { parseNumber, parseResolution } from './options.js';
import { runProjectCreate, runProjectUpdate } from './project-change.js';
import { runProjectDelete, runProjectList, runProjectShow } from './project-read.js';

interface ProjectAddOptions extends InstanceOptions {
  readonly name: string;
  readonly application: string;
  readonly resolution: string;
  readonly fps: string;
  readonly maxBitrateMbps: string;
}

async function runProjectAdd(context: CommandContext, options: ProjectAddOptions): Promise<void> {
  const client = await connectInstance(context, options);
  const answer = await client.call('project.add', {
    name: options.name,
    applicationId: options.application,
    ...parseResolution(options.resolution),
    fps: parseNumber('--fps', options.fps),
    maxBitrateMbps: parseNumber('--max-bitrate-mbps', options.maxBitrateMbps),
  });
  const what = answer.created ? 'Made' : 'There is already';
  print(context, options, answer, `${what} project "${options.name}": ${answer.projectId}`);
}

/** Run settings that a project is made with and that can be changed. */
function withSettings(command: Command): Command {
  return command
    .option('--resolution <WxH>', 'size of the desktop in pixels')
    .option('--fps <n>', 'highest frame rate')
    .option('--min-bitrate-mbps <n>', 'lowest bit rate in Mbit/s')
    .option('--max-bitrate-mbps <n>', 'highest bit rate in Mbit/s')
    .option('--args <text>', 'arguments of the program, as one text')
    .option('--reconnect-timeout <time>', 'how long a program waits for its client: 120s, 2m')
    .option('--preload <on|off>', 'start the program before users come')
    .option('--preload-duration <time>', 'how long a prelaunched program may take to be ready: 30s')
    .option('--disable-codecs <a,b>', 'codecs that are not negotiated')
    .option('--background-image <id>', 'picture until the first frame: cf-a1b2c3d4, or none')
    .option('--push-gop-seconds <n>', 'key frame interval of live pushes')
    .option('--push-microphone <on|off>', 'whether live pushes have the microphones of the users');
}

function addChanging(project: Command, context: CommandContext): void {
  const create = addCommand(project, {
    usage: 'create',
    description: 'make a project: how an application is run and streamed',
    target: 'api',
    examples: [
      'project create --name my-project --app-id app-x1y2z3a4 --resolution 1920x1080 --fps 60 --max-bitrate-mbps 12',
      'project create --name arcade --shared --type S1',
    ],
  })
    .requiredOption('--name <name>', 'name, unique in the account')
    .option('--app-id <id>', 'application; without one, --shared is needed')
    .option('--shared', 'for any application of the account')
    .option('--type <size>', 'size of its concurrencies', 'L1');
  withSettings(create).action((options) => runProjectCreate(context, options));
  const update = addCommand(project, {
    usage: 'update <project-id>',
    description: 'change a project; what is not given stays as it is, and running sessions keep their settings',
    target: 'api',
    examples: ['project update cap-b5c6d7e8 --fps 30 --reconnect-timeout 5m'],
  })
    .option('--name <name>', 'new name')
    .option('--description <text>', 'free text')
    .option('--type <size>', 'size of its concurrencies');
  withSettings(update).action((id, options) => runProjectUpdate(context, id, options));
  addCommand(project, {
    usage: 'delete <project-ids...>',
    description: 'delete projects, all or none',
    target: 'api',
    examples: ['project delete cap-b5c6d7e8 --yes'],
  })
    .option('--yes', 'do not ask')
    .action((ids, options) => runProjectDelete(context, ids, options));
}

/** `cloudstage project …`. */
export function addProjectCommands(program: Command, context: CommandContext): void {
  const project = addGroup(program, 'project', 'projects: how an application is run and streamed');
  addCommand(project, {
    usage: 'list',
    description: 'list projects',
    target: 'api',
    examples: ['project list'],
  }).action((options) => runProjectList(context, options));
  addCommand(project, {
    usage: 'show <project-id>',
    description: 'settings and state of a project',
    target: 'api',
    examples: ['project show cap-b5c6d7e8'],
  }).action((id, options) => runProjectShow(context, id, options));
  addChanging(project, context);
  addCommand(project, {
    usage: 'add',
    description: 'make a project on this machine, or find the one of this name',
    target: 'instance',
    examples: ['project add --name my-project --application app-x1y2z3a4 --resolution 1920x1080'],
  })
    .requiredOption('--name <name>', 'name, unique on this instance')
    .requiredOption('--application <id>', 'application')
    .option('--resolution <WxH>', 'size of the desktop in pixels', '1280x720')
    .option('--fps <n>', 'highest frame rate', '60')
    .option('--max-bitrate-mbps <n>', 'highest bit rate in Mbit/s', '8')
    .action((options) => runProjectAdd(context, options));
}

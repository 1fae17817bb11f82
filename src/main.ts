#!/usr/bin/env node
import { Command, Option } from 'commander';
import { queueNames, type QueueName } from './jobs/catalog.js';
import { parseConcurrency } from './commands/concurrency.js';
import { Secret } from './lib/secret.js';
import { startTraces, wantsTraces, type Traces } from './platform/traces.js';
import { fail, failWithoutData } from './commands/fail.js';
import { keepHeapSmall } from './platform/heap.js';
import { version } from './platform/version.js';

keepHeapSmall();

const program = new Command('pims-sync')
  .description("Sync a practice's clients from its PIMS into the Pet App.")
  .version(version)
  .showHelpAfterError('Run it with --help to see its options.')
  .configureHelp({ sortSubcommands: false });

const json = () => new Option('--json', 'print the result as JSON');

program
  .command('up')
  .description('run migrations, web and workers in one process')
  .action(load(async () => (await import('./commands/up.js')).up));

program
  .command('web')
  .description('serve the staff console, the Pet App pages and the API')
  .action(load(async () => (await import('./commands/web.js')).web));

program
  .command('worker')
  .description('process jobs; run any number, on any number of machines')
  .option('--queues <queues>', `queues to serve, some of ${queueNames.join(',')}`, toQueueNames, [...queueNames])
  .option('--concurrency <n>', 'concurrent jobs per queue, or by queue: pims=10,mail=100', parseConcurrency)
  .addOption(
    new Option('--health-port <port>', 'serve GET /healthz and GET /readyz on this port')
      .env('HEALTH_PORT')
      .argParser(toPort),
  )
  .action(load(async () => (await import('./commands/worker.js')).worker));

program
  .command('migrate')
  .description('update the database schema and the rights of its users')
  .action(load(async () => (await import('./commands/migrate.js')).migrateCommand));

program
  .command('sync <practice>')
  .description("read a practice's clients and pets now and evaluate them")
  .option('--client <id>', 'sync only the client with this id or visible number')
  .option('--full', 'evaluate every client again, not only changed ones')
  .option('--release-safety-stop', 'continue although many clients are missing (after checking)')
  .addOption(json())
  .action(load(async () => (await import('./commands/sync.js')).sync));

program
  .command('plan <practice>')
  .description('show who would be invited and why, without writing anything')
  .addOption(new Option('--format <format>', 'output format').choices(['table', 'csv', 'json']).default('table'))
  .action(load(async () => (await import('./commands/plan.js')).plan));

program
  .command('approve <practice>')
  .description('approve the invite plan, as on the Email Marketing page')
  .addOption(json())
  .action(load(async () => (await import('./commands/approve.js')).approve));

program
  .command('check [practice]')
  .description('check the connection and the mapping on the live PIMS')
  .option('--conformance', "run the connector's conformance suite (reads only)")
  .addOption(json())
  .action(load(async () => (await import('./commands/check.js')).check));

program
  .command('discover <practice>')
  .description('propose mapping overrides for an unknown installation')
  .option('--whole', 'print the whole mapping, not only the overrides')
  .option('--samples', 'also show sample values, which are personal data')
  .action(load(async () => (await import('./commands/discover.js')).discover));

program
  .command('connectors')
  .description('list the built-in connectors')
  .addOption(json())
  .action(load(async () => (await import('./commands/connectors.js')).connectors));

const staff = program.command('staff').description('manage the people who sign in to the console');
staff
  .command('add <email>')
  .description('add a staff member and print their password once')
  .requiredOption('--name <name>', 'name that other staff see')
  .addOption(
    new Option('--role <role>', 'what the staff member may do')
      .choices(['owner', 'manager', 'front-desk', 'operator'])
      .makeOptionMandatory(),
  )
  .option('--practice <id...>', 'practices where the staff member works')
  .action(load(async () => (await import('./commands/staff.js')).addStaff));

const keys = program.command('keys').description('manage the keys that seal temporary passwords');
keys
  .command('new')
  .description('print a new entry for CREDENTIAL_KEYS')
  .requiredOption('--id <id>', 'an id that was never used, such as k2')
  .option('--kms <key>', 'create and wrap it with this AWS KMS key (id, ARN or alias/...)')
  .action(load(async () => (await import('./commands/keys.js')).newKey));
keys
  .command('list')
  .description('show which keys are in use and which can be removed')
  .addOption(json())
  .action(load(async () => (await import('./commands/keys.js')).listKeys));

const letters = program.command('dead-letters').description('list and replay jobs that failed for good');
const which = (command: Command) =>
  command
    .addOption(new Option('--queue <queue>', 'only of this queue').choices([...queueNames]))
    .option('--practice <id>', 'only of this practice')
    .option('--cause <code>', 'only of this cause')
    .addOption(json());
which(letters.command('list'))
  .description('list dead jobs with cause, purpose and effect of a replay')
  .action(load(async () => (await import('./commands/dead-letters.js')).listDeadLetters));
which(letters.command('replay'))
  .description('enqueue pending work again and delete the dead jobs')
  .option('--dry-run', 'show what would be done, and change nothing')
  .action(load(async () => (await import('./commands/dead-letters.js')).replayDeadLetters));

program
  .command('audit')
  .description('maintain the audit trail')
  .command('prune')
  .description('delete audit lines from before a date, as the database admin')
  .requiredOption('--before <date>', 'first day to keep, such as 2024-01-31')
  .action(load(async () => (await import('./commands/audit.js')).pruneAuditTrail));

const person = program.command('person').description('answer a privacy request by address, account id or client id');
person
  .command('export <practice-or-all> <person>')
  .description('print all stored data about one person as JSON')
  .action(load(async () => (await import('./commands/person.js')).exportOne));
person
  .command('erase <practice-or-all> <person>')
  .description('erase one person for good and block later syncs of them')
  .option('--dry-run', 'show what would be erased and kept, and change nothing')
  .addOption(json())
  .action(load(async () => (await import('./commands/person.js')).eraseOne));
person
  .command('readmit <practice-or-all> <person>')
  .description('allow an erased person to be copied and invited again')
  .action(load(async () => (await import('./commands/person.js')).readmitOne));

program
  .command('preview-mail <practice>')
  .description("write a practice's emails as files to open in a browser")
  .option('--out <folder>', 'output folder', 'mail-preview')
  .action(load(async () => (await import('./commands/preview-mail.js')).previewMail));

program
  .command('verify')
  .description('check the invariants of the database')
  .addOption(json())
  .action(load(async () => (await import('./commands/verify.js')).verify));

/** Commands that read no temporary password and must work without AWS KMS. */
const withoutKeys = ['connectors', 'migrate', 'verify', 'audit', 'keys'];
let traces: Traces | null = null;
program.hook('preAction', async (_, action) => {
  const name = action.parent === program ? action.name() : (action.parent?.name() ?? '');
  if (wantsTraces(process.env)) traces = await startTraces(process.env, name, version);
  const wrapped = process.env['CREDENTIAL_KEYS'];
  if (!wrapped?.includes(':kms:') || withoutKeys.includes(name)) return;
  const { openWrappedKeys } = await import('./platform/key-wrapping.js');
  process.env['CREDENTIAL_KEYS'] = (await openWrappedKeys(new Secret(wrapped))).open();
});

failWithoutData();
try {
  await program.parseAsync();
} catch (error) {
  await fail(error);
} finally {
  await (traces as Traces | null)?.stop();
}

/** Loads a command's code when it is called, so that `--help` and configuration errors answer at once. */
function load<A extends unknown[]>(command: () => Promise<(...args: A) => unknown>) {
  return async (...args: A): Promise<void> => void (await (await command())(...args));
}

function toQueueNames(text: string): QueueName[] {
  const names = text.split(',').map((queueName) => queueName.trim());
  const unknown = names.filter((queueName) => !(queueNames as readonly string[]).includes(queueName));
  if (unknown.length > 0)
    program.error(`error: no queue is named "${unknown.join(', ')}". Queues: ${queueNames.join(', ')}.`);
  return names as QueueName[];
}

function toPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) program.error(`error: "${text}" is not a port number.`);
  return port;
}

#!/usr/bin/env node
import { Command, Option } from 'commander';
import { queueNames, type QueueName } from './jobs/catalog.js';
import { parseConcurrency } from './commands/concurrency.js';
import type { DeadLetterOptions } from './commands/dead-letters.js';
import type { WorkerCommandOptions } from './commands/worker.js';
import { Secret } from './lib/secret.js';
import { startTraces, wantsTraces, type Traces } from './platform/traces.js';
import { fail, failWithoutData } from './commands/fail.js';
import { keepHeapSmall } from './platform/heap.js';
import { version } from './platform/version.js';

keepHeapSmall();

/** Loads each command's code when it is called, so that `--help` and configuration errors answer at once. */
const program = new Command('pims-sync')
  .description("Sync a practice's clients from its PIMS into the Pet App.")
  .version(version)
  .showHelpAfterError('Run it with --help to see its options.')
  .configureHelp({ sortSubcommands: false });

const json = () => new Option('--json', 'print the result as JSON');

program
  .command('up')
  .description('run migrations, web and workers in one process')
  .action(async () => (await import('./commands/up.js')).up());

program
  .command('web')
  .description('serve the staff console, the Pet App pages and the API')
  .action(async () => (await import('./commands/web.js')).web());

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
  .action(async ({ queues, ...options }: Omit<WorkerCommandOptions, 'queueNames'> & { queues: QueueName[] }) =>
    (await import('./commands/worker.js')).worker({ ...options, queueNames: queues }),
  );

program
  .command('migrate')
  .description('update the database schema and the rights of its users')
  .action(async () => (await import('./commands/migrate.js')).migrateCommand());

program
  .command('sync <practice>')
  .description("read a practice's clients and pets now and evaluate them")
  .option('--client <id>', 'sync only the client with this id or visible number')
  .option('--full', 'evaluate every client again, not only changed ones')
  .option('--release-safety-stop', 'continue although many clients are missing (after checking)')
  .addOption(json())
  .action(
    async (
      practice: string,
      options: { client?: string; full?: boolean; releaseSafetyStop?: boolean; json?: boolean },
    ) => (await import('./commands/sync.js')).sync(practice, options),
  );

program
  .command('plan <practice>')
  .description('show who would be invited and why, without writing anything')
  .addOption(new Option('--format <format>', 'output format').choices(['table', 'csv', 'json']).default('table'))
  .action(async (practice: string, options: { format: 'table' | 'csv' | 'json' }) =>
    (await import('./commands/plan.js')).plan(practice, options),
  );

program
  .command('approve <practice>')
  .description('approve the invite plan, as on the Email Marketing page')
  .addOption(json())
  .action(async (practice: string, options: { json?: boolean }) =>
    (await import('./commands/approve.js')).approve(practice, options),
  );

program
  .command('check [practice]')
  .description('check the connection and the mapping on the live PIMS')
  .option('--conformance', "run the connector's conformance suite (reads only)")
  .addOption(json())
  .action(async (practice: string | undefined, options: { conformance?: boolean; json?: boolean }) =>
    (await import('./commands/check.js')).check(practice, options),
  );

program
  .command('discover <practice>')
  .description('propose mapping overrides for an unknown installation')
  .option('--whole', 'print the whole mapping, not only the overrides')
  .option('--samples', 'also show sample values, which are personal data')
  .action(async (practice: string, options: { samples?: boolean; whole?: boolean }) =>
    (await import('./commands/discover.js')).discover(practice, options),
  );

program
  .command('connectors')
  .description('list the built-in connectors')
  .addOption(json())
  .action(async (options: { json?: boolean }) => (await import('./commands/connectors.js')).connectors(options));

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
  .action(async (email: string, options: { name: string; role: string; practice?: string[] }) =>
    (await import('./commands/staff.js')).addStaff(email, options),
  );

const keys = program.command('keys').description('manage the keys that seal temporary passwords');
keys
  .command('new')
  .description('print a new entry for CREDENTIAL_KEYS')
  .requiredOption('--id <id>', 'an id that was never used, such as k2')
  .option('--kms <key>', 'create and wrap it with this AWS KMS key (id, ARN or alias/...)')
  .action(async (options: { id: string; kms?: string }) => (await import('./commands/keys.js')).newKey(options));
keys
  .command('list')
  .description('show which keys are in use and which can be removed')
  .addOption(json())
  .action(async (options: { json?: boolean }) => (await import('./commands/keys.js')).listKeys(options));

const letters = program.command('dead-letters').description('list and replay jobs that failed for good');
const which = (command: Command) =>
  command
    .addOption(new Option('--queue <queue>', 'only of this queue').choices([...queueNames]))
    .option('--practice <id>', 'only of this practice')
    .option('--cause <code>', 'only of this cause')
    .addOption(json());
which(letters.command('list'))
  .description('list dead jobs with cause, purpose and effect of a replay')
  .action(async (options: DeadLetterOptions) => (await import('./commands/dead-letters.js')).listDeadLetters(options));
which(letters.command('replay'))
  .description('enqueue pending work again and delete the dead jobs')
  .option('--dry-run', 'show what would be done, and change nothing')
  .action(async (options: DeadLetterOptions) =>
    (await import('./commands/dead-letters.js')).replayDeadLetters(options),
  );

program
  .command('audit')
  .description('maintain the audit trail')
  .command('prune')
  .description('delete audit lines from before a date, as the database admin')
  .requiredOption('--before <date>', 'first day to keep, such as 2024-01-31')
  .action(async (options: { before: string }) => (await import('./commands/audit.js')).pruneAuditTrail(options));

const person = program.command('person').description('answer a privacy request by address, account id or client id');
person
  .command('export <practice-or-all> <person>')
  .description('print all stored data about one person as JSON')
  .action(async (place: string, reference: string) =>
    (await import('./commands/person.js')).exportOne(place, reference),
  );
person
  .command('erase <practice-or-all> <person>')
  .description('erase one person for good and block later syncs of them')
  .option('--dry-run', 'show what would be erased and kept, and change nothing')
  .addOption(json())
  .action(async (place: string, reference: string, options: { dryRun?: boolean; json?: boolean }) =>
    (await import('./commands/person.js')).eraseOne(place, reference, options),
  );
person
  .command('readmit <practice-or-all> <person>')
  .description('allow an erased person to be copied and invited again')
  .action(async (place: string, reference: string) =>
    (await import('./commands/person.js')).readmitOne(place, reference),
  );

program
  .command('preview-mail <practice>')
  .description("write a practice's emails as files to open in a browser")
  .option('--out <folder>', 'output folder', 'mail-preview')
  .action(async (practice: string, options: { out: string }) =>
    (await import('./commands/preview-mail.js')).previewMail(practice, options),
  );

program
  .command('verify')
  .description('check the invariants of the database')
  .addOption(json())
  .action(async (options: { json?: boolean }) => (await import('./commands/verify.js')).verify(options));

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

function toQueueNames(text: string): QueueName[] {
  const asked = text.split(',').map((queueName) => queueName.trim());
  const unknown = asked.filter((queueName) => !(queueNames as readonly string[]).includes(queueName));
  if (unknown.length > 0)
    program.error(`error: no queue is named "${unknown.join(', ')}". Queues: ${queueNames.join(', ')}.`);
  return asked as QueueName[];
}

function toPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) program.error(`error: "${text}" is not a port number.`);
  return port;
}

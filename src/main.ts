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

/** Each command's code is loaded when it is called, so that `--help` and a failing configuration answer at once. */
const program = new Command('pims-sync')
  .description("Brings a veterinary practice's clients from its practice software into the Pet App.")
  .version(version)
  .showHelpAfterError('Run it with --help to see what it takes.')
  .configureHelp({ sortSubcommands: false });

const json = () => new Option('--json', 'print the result as JSON, for machines');

program
  .command('up')
  .description('run everything in one process: migrations, web pages and workers')
  .action(async () => (await import('./commands/up.js')).up());

program
  .command('web')
  .description('serve the staff console, the Pet App pages and the API')
  .action(async () => (await import('./commands/web.js')).web());

program
  .command('worker')
  .description('work on jobs; run as many of these as you like, on as many machines')
  .option('--lanes <queues>', `some of ${queueNames.join(',')}`, toLanes, [...queueNames])
  .option('--concurrency <n>', 'jobs at a time in each queue, or by queue: pims=10,mail=100', parseConcurrency)
  .addOption(
    new Option('--health-port <port>', 'answer GET /healthz and GET /readyz there, as web does on PORT')
      .env('HEALTH_PORT')
      .argParser(toPort),
  )
  .action(async (options: WorkerCommandOptions) => (await import('./commands/worker.js')).worker(options));

program
  .command('migrate')
  .description('bring the database schema up to date; with DATABASE_ADMIN_URL, also narrow what the application may do')
  .action(async () => (await import('./commands/migrate.js')).migrateCommand());

program
  .command('sync <practice>')
  .description("read a practice's clients and pets now and settle who is invited")
  .option('--client <id>', 'only the client with this key or visible number')
  .option('--full', 'decide every client again, not only those that changed')
  .option('--release-safety-stop', 'go on although many clients are missing: you have looked and it is right')
  .addOption(json())
  .action(
    async (
      practice: string,
      options: { client?: string; full?: boolean; releaseSafetyStop?: boolean; json?: boolean },
    ) => (await import('./commands/sync.js')).sync(practice, options),
  );

program
  .command('plan <practice>')
  .description('show who would be invited and who not, and why, without writing anything')
  .addOption(new Option('--format <format>', 'how to print it').choices(['table', 'csv', 'json']).default('table'))
  .action(async (practice: string, options: { format: 'table' | 'csv' | 'json' }) =>
    (await import('./commands/plan.js')).plan(practice, options),
  );

program
  .command('approve <practice>')
  .description('invite everyone who the plan invites; what staff do on the Email Marketing page')
  .addOption(json())
  .action(async (practice: string, options: { json?: boolean }) =>
    (await import('./commands/approve.js')).approve(practice, options),
  );

program
  .command('check [practice]')
  .description('connect to the PIMS and prove the mapping against its live catalog')
  .option('--conformance', "run the connector's conformance suite, read-only")
  .addOption(json())
  .action(async (practice: string | undefined, options: { conformance?: boolean; json?: boolean }) =>
    (await import('./commands/check.js')).check(practice, options),
  );

program
  .command('discover <practice>')
  .description("read the catalog of an installation and propose what to lay over the connector's own mapping")
  .option('--whole', 'print the whole mapping, not only what differs')
  .option('--samples', 'show sample values too; these are personal data')
  .action(async (practice: string, options: { samples?: boolean; whole?: boolean }) =>
    (await import('./commands/discover.js')).discover(practice, options),
  );

program
  .command('connectors')
  .description('list the connectors')
  .addOption(json())
  .action(async (options: { json?: boolean }) => (await import('./commands/connectors.js')).connectors(options));

const staff = program.command('staff').description('manage the people who sign in to the console');
staff
  .command('add <email>')
  .description('add a staff member; prints a password to hand over, once')
  .requiredOption('--name <name>', 'as others see it')
  .addOption(
    new Option('--role <role>', 'what they may do')
      .choices(['owner', 'manager', 'front-desk', 'operator'])
      .makeOptionMandatory(),
  )
  .option('--practice <id...>', 'the practices they work at')
  .action(async (email: string, options: { name: string; role: string; practice?: string[] }) =>
    (await import('./commands/staff.js')).addStaff(email, options),
  );

const keys = program.command('keys').description('the keys that seal temporary passwords: CREDENTIAL_KEYS');
keys
  .command('new')
  .description('print a new entry for CREDENTIAL_KEYS; put it first, and keep the others behind it')
  .requiredOption('--id <id>', 'one that was never used, such as k2')
  .option('--kms <key>', 'have AWS KMS make it and wrap it with this KMS key (id, ARN or alias/...)')
  .action(async (options: { id: string; kms?: string }) => (await import('./commands/keys.js')).newKey(options));
keys
  .command('list')
  .description('what is sealed with each key, and which may be dropped')
  .addOption(json())
  .action(async (options: { json?: boolean }) => (await import('./commands/keys.js')).listKeys(options));

const letters = program.command('dead-letters').description('look at jobs that were given up, and replay them');
const which = (command: Command) =>
  command
    .addOption(new Option('--lane <queue>', 'only of this lane').choices([...queueNames]))
    .option('--practice <id>', 'only of this practice')
    .option('--cause <code>', 'only those that failed for this cause')
    .addOption(json());
which(letters.command('list'))
  .description('by cause and practice: what each was for, why it failed, what a replay would do')
  .action(async (options: DeadLetterOptions) => (await import('./commands/dead-letters.js')).listDeadLetters(options));
which(letters.command('replay'))
  .description('ask again for what is still owed, and take them away; safe to repeat')
  .option('--dry-run', 'say what would be done, and change nothing')
  .action(async (options: DeadLetterOptions) =>
    (await import('./commands/dead-letters.js')).replayDeadLetters(options),
  );

program
  .command('audit')
  .description('look after the audit trail')
  .command('prune')
  .description('delete lines from before a date, as the user of DATABASE_ADMIN_URL')
  .requiredOption('--before <date>', 'such as 2024-01-31')
  .action(async (options: { before: string }) => (await import('./commands/audit.js')).pruneAuditTrail(options));

const person = program
  .command('person')
  .description('answer the privacy request of one person: an address, an account id or a client number');
person
  .command('export <practice-or-all> <person>')
  .description('print everything that is held about them, from every table, as JSON')
  .action(async (place: string, reference: string) =>
    (await import('./commands/person.js')).exportOne(place, reference),
  );
person
  .command('erase <practice-or-all> <person>')
  .description('erase them from every table, for good, and keep every sync from bringing them back')
  .option('--dry-run', 'say what would go and what would stay, and change nothing')
  .addOption(json())
  .action(async (place: string, reference: string, options: { dryRun?: boolean; json?: boolean }) =>
    (await import('./commands/person.js')).eraseOne(place, reference, options),
  );
person
  .command('readmit <practice-or-all> <person>')
  .description('let someone who was erased be copied and invited again, because they ask for it')
  .action(async (place: string, reference: string) =>
    (await import('./commands/person.js')).readmitOne(place, reference),
  );

program
  .command('preview-mail <practice>')
  .description("write a practice's emails, for awkward sample people, as files to open in a browser")
  .option('--out <folder>', 'where to', 'mail-preview')
  .action(async (practice: string, options: { out: string }) =>
    (await import('./commands/preview-mail.js')).previewMail(practice, options),
  );

program
  .command('verify')
  .description('prove what must always hold: nobody twice, nobody forgotten, no temporary password past first login')
  .addOption(json())
  .action(async (options: { json?: boolean }) => (await import('./commands/verify.js')).verify(options));

/** These read no temporary password, and must work when AWS KMS does not. */
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

function toLanes(text: string): QueueName[] {
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

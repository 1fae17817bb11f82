// Which part may import which. Each rule gives its reason; test/scripts/direction.test.ts proves that each one can fail.
// A folder under src that no rule names may import nothing of ours, so a new folder must be added here first.

/** `app` composes the parts; the command line calls it. */
const composition = '^src/(app/|commands/|main\\.ts$)';

/** A part may import itself, `lib`, and the parts listed. */
function partMayImport(part, others, comment) {
  const open = [part, 'lib', ...others];
  return {
    name: `${part}-imports-only-its-own`,
    comment,
    severity: 'error',
    from: { path: `^src/${part}/` },
    to: { path: '^src/', pathNot: `^src/(${open.join('|')})/` },
  };
}

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or a third is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    partMayImport('lib', [], 'Helpers without a subject: everything may use them, so they use nothing of ours.'),
    partMayImport('platform', [], 'What a process needs around it (log, traces, heap) knows no subject.'),
    partMayImport('domain', [], 'The domain is pure: it can be read, tested and trusted without its surroundings.'),
    partMayImport(
      'connectors',
      ['domain'],
      'A connector turns settings into pages of clients and does not know who reads them or why.',
    ),
    partMayImport('store', ['domain'], 'The store keeps and finds; it does not know who sends, syncs or shows.'),
    partMayImport('sync', ['domain', 'connectors', 'store'], 'A sync reads pages and writes the store; jobs call it.'),
    partMayImport('mailer', ['domain', 'store'], 'The mailer renders and sends; jobs call it.'),
    partMayImport(
      'jobs',
      ['domain', 'store', 'sync', 'mailer'],
      'Jobs call the other parts with ids; they know no page and no PIMS.',
    ),
    partMayImport(
      'web',
      ['domain', 'store', 'jobs', 'connectors'],
      'Web reads and writes the store and enqueues jobs of the catalog; it never sends email and never syncs.',
    ),
    partMayImport('ops', ['domain', 'store', 'jobs'], 'Metrics and the queue board only observe.'),
    {
      name: 'web-never-opens-a-pims',
      comment: 'Not even as types: a page that knows Cornerstone would have to learn every other system.',
      severity: 'error',
      from: { path: '^src/web/' },
      to: { path: '^src/connectors/' },
    },
    {
      name: 'rows-stay-in-the-store',
      comment: 'The store returns objects with parsed fields: a renamed column must not change a page.',
      severity: 'error',
      from: { path: '^src/(web|sync|ops)/' },
      to: { path: '^src/store/db/tables\\.ts$' },
    },
    {
      name: 'api-imports-no-page',
      comment: 'The API and the pages share src/web/views; the API works without any page.',
      severity: 'error',
      from: { path: '^src/web/(api|views)/' },
      to: { path: '^src/web/(staff|pet-app)/' },
    },
    {
      name: 'only-jobs-know-the-queue',
      comment: 'BullMQ and its Redis client stay behind src/jobs, where payloads are typed and parsed.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/jobs/bullmq/' },
      to: { path: ['^(bullmq|ioredis)(/|$)', 'node_modules/(bullmq|ioredis)/'] },
    },
    {
      name: 'only-the-store-writes-sql',
      comment: 'Kysely stays behind src/store, so that a change of a table is made in one part.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/store/' },
      to: { path: ['^kysely(/|$)', 'node_modules/kysely/'] },
    },
    {
      name: 'only-composition-knows-everything',
      comment: 'src/app, src/commands and main.ts put the parts together; nothing else imports them.',
      severity: 'error',
      from: { path: '^src/', pathNot: composition },
      to: { path: composition },
    },
    {
      name: 'product-imports-no-tool',
      comment: 'A production image holds src and nothing else: no demo, no stand-in, no benchmark.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(demo|benchmark|test)/' },
    },
    {
      name: 'demo-imports-no-benchmark',
      comment: 'The benchmark measures the demo practices; the demo runs without it.',
      severity: 'error',
      from: { path: '^demo/' },
      to: { path: '^(benchmark|test)/' },
    },
    {
      name: 'every-part-is-placed',
      comment: 'A new folder under src says first, in this file, which parts it may import.',
      severity: 'error',
      from: {
        path: '^src/[^/]+/',
        pathNot: `^src/(lib|platform|domain|connectors|store|sync|mailer|jobs|web|ops)/|${composition}`,
      },
      to: { path: '^src/' },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that points nowhere.',
      severity: 'error',
      from: { path: '^(src|demo|benchmark)/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependency-in-src',
      comment: 'What ships may only use what is installed with it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'npm-optional'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Type imports count too: a type of ours that another part knows is knowledge of it.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};

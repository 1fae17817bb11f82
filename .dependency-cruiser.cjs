// Which part may know which. Each rule says why; test/scripts/direction.test.ts proves that each one can fail.
// A part not named in a rule's `pathNot` list is closed to it, so a new folder under src must be placed here first.

/** Files at the root of src (app.ts, main.ts, config.ts), the commands, the benchmark and the demo join all parts. */
const joints = '^src/([^/]+\\.tsx?$|commands/|benchmark/|demo/)';

/** A part may import itself, `domain`, and the parts listed. */
function partMayImport(part, others, comment) {
  const open = [part, 'domain', ...others];
  return {
    name: `${part}-knows-only-its-own`,
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
      // A grammar is recursive by nature: an expression holds a query, which holds expressions.
      from: { pathNot: '^src/demo/tds/sql/(parse|translate)-' },
      to: { circular: true },
    },
    {
      name: 'domain-imports-nothing-of-ours',
      comment: 'The domain is pure: it can be read, tested and trusted without knowing anything around it.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { path: '^src/', pathNot: '^src/domain/' },
    },
    partMayImport(
      'connectors',
      [],
      'A connector turns settings into pages of clients and knows nothing of who asked or why.',
    ),
    partMayImport('store', [], 'The store keeps and finds; it does not know who mails, syncs or shows.'),
    partMayImport(
      'sync',
      ['connectors', 'store'],
      'A sync reads pages and writes the store; jobs call it, not it them.',
    ),
    partMayImport('mailer', ['store'], 'The mailer renders, sends and keeps its ledger; jobs call it, not it them.'),
    partMayImport(
      'jobs',
      ['store', 'sync', 'mailer'],
      'Jobs call the other parts with ids; no page and no PIMS is theirs.',
    ),
    partMayImport(
      'web',
      ['store', 'jobs', 'connectors'],
      'Web reads and writes the store and enqueues names from the catalog; it never sends mail and never syncs.',
    ),
    partMayImport('ops', ['store', 'jobs'], 'Metrics and the queue board look on; nothing depends on them.'),
    {
      name: 'web-never-opens-a-pims',
      comment: 'Web may name the types of the connector contract, and nothing else of connectors.',
      severity: 'error',
      from: { path: '^src/web/' },
      to: { path: '^src/connectors/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'web-knows-only-the-connector-contract',
      comment: 'Even as types: a page that knows Cornerstone would have to learn every other system.',
      severity: 'error',
      from: { path: '^src/web/' },
      to: { path: '^src/connectors/', pathNot: '^src/connectors/(contract|index)\\.ts$' },
    },
    {
      name: 'only-jobs-know-the-queue',
      comment: 'BullMQ and its Redis client stay behind src/jobs, where payloads are typed and parsed.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/jobs/(bullmq|redis)' },
      to: { path: ['^(bullmq|ioredis)(/|$)', 'node_modules/(bullmq|ioredis)/'] },
    },
    {
      name: 'only-joints-know-everything',
      comment: 'app.ts, main.ts, commands and the demo put the parts together; nothing else reaches up to them.',
      severity: 'error',
      from: { path: '^src/', pathNot: joints },
      to: { path: joints },
    },
    {
      name: 'every-part-is-placed',
      comment: 'A new folder under src says first, in this file, which parts it may know.',
      severity: 'error',
      from: {
        path: '^src/[^/]+/',
        pathNot: `^src/(domain|connectors|store|sync|mailer|jobs|web|ops)/|${joints}`,
      },
      to: { path: '^src/' },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that points nowhere.',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependency-in-src',
      comment: 'What ships may only use what is installed with it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'npm-optional', 'type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Type imports are arrows too: a type of ours known by another part is knowledge of it.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};

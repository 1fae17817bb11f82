// Jest 30 on Node 20 cannot require() an ES module from inside a CommonJS dependency, so the few
// dependencies that ship ES modules only are compiled to CommonJS together with our own sources.
const esModulesOnly = [
  '@fastify/cookie',
  'preact',
  'nanoid',
  'cookie',
  'content-disposition',
  'nodemailer',
  'html-to-text',
  '@selderee',
  'selderee',
  'parseley',
  'peberminta',
  'leac',
  'htmlparser2',
  'domhandler',
  'domutils',
  'dom-serializer',
  'entities',
  'domelementtype',
  'deepmerge',
];

export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts', '<rootDir>/test/**/*.test.tsx'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transformIgnorePatterns: [`/node_modules/(?!(${esModulesOnly.join('|')})/)`],
  transform: {
    '^.+\\.(ts|tsx|js|mjs)$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic', importSource: 'preact' } },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  // Jest leaves one core to a watching developer; with two cores that would double the time of the suite.
  maxWorkers: '100%',
  testTimeout: 30_000,
};

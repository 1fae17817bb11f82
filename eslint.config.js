// Lint rules that find faults, not matters of taste: formatting is prettier's, directions are dependency-cruiser's.
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Rules without types, for every file. */
const everywhere = {
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-var': 'error',
  'prefer-const': 'error',
  'no-throw-literal': 'error',
  'no-self-compare': 'error',
  'no-unreachable-loop': 'error',
  'max-lines': ['warn', { max: 300, skipBlankLines: true, skipComments: true }],
};

/** Rules with types: a promise that nobody waits for is the fault that hurts most in a worker. */
const typed = {
  '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  // Our objects are made by factories and use no `this`, so their functions may travel alone.
  '@typescript-eslint/unbound-method': 'off',
  // It takes assertions away that TypeScript 6 then misses.
  '@typescript-eslint/no-unnecessary-type-assertion': 'off',
  // A function that must return a promise may have nothing to wait for.
  '@typescript-eslint/require-await': 'off',
  '@typescript-eslint/no-unused-vars': [
    'error',
    {
      argsIgnorePattern: '^_',
      varsIgnorePattern: '^_',
      caughtErrorsIgnorePattern: '^_',
      ignoreRestSiblings: true,
    },
  ],
};

/** The language has enums, decorators' friends and namespaces; this project has none. */
const erasableOnly = {
  'no-restricted-syntax': [
    'error',
    {
      selector: 'TSEnumDeclaration',
      message: 'Use a union of strings: type checkers and JSON read it as it is.',
    },
    { selector: 'TSModuleDeclaration[kind="namespace"]', message: 'A file is the namespace.' },
    { selector: 'TSParameterProperty', message: 'Write the field out: only erasable syntax here.' },
  ],
};

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', '.local/', '**/node_modules/', 'test/scripts/fixtures/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{js,cjs,mjs,ts,tsx}'],
    extends: [tseslint.configs.base],
    rules: everywhere,
  },
  {
    files: ['src/**/*.{ts,tsx}', 'test/**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: { ...typed, ...erasableOnly },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    // The command line speaks on stdout and stderr; everything else logs through the logger it is handed.
    ignores: ['src/main.ts', 'src/commands/**'],
    rules: { 'no-console': 'error' },
  },
  {
    // A migration that ran is never edited again, so it is never split either.
    files: ['src/store/migrations/**'],
    rules: { 'max-lines': 'off' },
  },
  {
    // Tests take answers of databases and HTTP apart, whose types are not worth writing down.
    files: ['test/**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      // A test puts a Secret into a text to see that nothing comes out.
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-redundant-type-constituents': 'off',
      'max-lines': 'off',
    },
  },
);

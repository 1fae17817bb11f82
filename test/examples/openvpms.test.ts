import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { startMariadb, type PrivateMariadb } from './mariadb.js';
import { makeStranger, root, type Stranger } from './stranger.js';

const example = join(root, 'examples/pims-connector-openvpms');

describe('examples: the OpenVPMS connector, packed and installed as by a stranger', () => {
  let stranger: Stranger;
  let mariadb: PrivateMariadb;

  beforeAll(async () => {
    mariadb = await startMariadb();
    stranger = makeStranger();
    stranger.installPimsSync();
    stranger.install(example);
    cpSync(join(example, 'test'), join(stranger.folder, 'test'), { recursive: true });
  }, 60_000);
  afterAll(async () => {
    stranger?.remove();
    await mariadb?.stop();
  });

  it.each(['openvpms.test.js', 'conformance.test.js'])('passes its %s on a real MariaDB', (file) => {
    const output = stranger.node(['--test', '--test-reporter=tap', join('test', file)], {
      DATABASE_URL: mariadb.url,
    });
    expect(output).toMatch(/^# fail 0$/m);
    expect(Number(/^# pass (\d+)$/m.exec(output)?.[1])).toBeGreaterThanOrEqual(9);
    const skipped = [...output.matchAll(/# SKIP (.*)/g)].map(([, why]) => why);
    expect(skipped).toEqual([]);
  });

  it('has correct types against the published ones', () => {
    stranger.write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          allowJs: true,
          checkJs: true,
          skipLibCheck: true,
          maxNodeModuleJsDepth: 1,
          target: 'es2023',
          module: 'nodenext',
          types: ['node'],
          typeRoots: [join(root, 'node_modules/@types')],
        },
        include: ['checked'],
      }),
    );
    cpSync(join(stranger.folder, 'node_modules/pims-connector-openvpms'), join(stranger.folder, 'checked'), {
      recursive: true,
    });
    expect(stranger.node([join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'])).toBe('');
  });
});

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startTdsMemory, type TdsMemory } from '../../../benchmark/reading/tds-memory.js';
import { bareMssql, recording, type Sent } from '../../../benchmark/reading/replay.js';
import { readAll } from '../../../benchmark/reading/read.js';
import { avimarkMapping } from '../../../src/connectors/avimark/mapping.js';
import { createMssqlDriver } from '../../../src/connectors/drivers/mssql.js';
import { createSqlConnector } from '../../../src/connectors/sql/connector.js';
import { avimarkAnimal, avimarkClient, avimarkTables } from '../../connectors/support/avimark.js';
import { context } from '../../connectors/support/read.js';
import { type SqlServer, sqlServer } from '../../connectors/support/sql-server.js';

const onStandIn = process.env['TEST_MSSQL_URL'] ? it.skip : it;
let server: SqlServer;
let memory: TdsMemory;
beforeAll(async () => {
  const ids = Array.from({ length: 30 }, (_, at) => at + 1);
  server = await sqlServer(avimarkTables, {
    CLIENT: ids.map((id) => avimarkClient(id)),
    ANIMAL: ids.map((id) => avimarkAnimal(id, id)),
  });
  memory = await startTdsMemory({ host: String(server.settings.host), port: Number(server.settings.port) });
});
afterAll(async () => {
  memory.stop();
  await server.stop();
});

onStandIn(
  'TDS memory: answers repeated requests without the server, and the baseline sends the same requests',
  async () => {
    const { user, password } = server.settings as { user: string; password: string };
    const place = { host: '127.0.0.1', port: memory.port, database: 'Clinic', user, password };
    const read = (sent: Sent[]): Promise<number> => {
      const options = {
        ...place,
        encrypt: false,
        trustServerCertificate: true,
        oldTls: false,
        place: 'memory',
      };
      const driver = recording(createMssqlDriver(options), sent);
      return readAll(createSqlConnector({ driver, place: '' }, avimarkMapping, {}, context));
    };
    const sent: Sent[] = [];
    const first = await read(sent);
    expect(first).toBe(60);
    const asked = server.tds!.statements.length;
    expect(await read([])).toBe(first);
    expect(server.tds!.statements).toHaveLength(asked);
    // Clients, their pets, and the ownerships, which are empty.
    expect(sent.every(({ sql }) => !sql.includes('COUNT(*)'))).toBe(true);
    expect(await bareMssql(place, sent)).toBe(60);
  },
);

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { insertMany } from '../../../src/store/db/database.js';
import { migrate } from '../../../src/store/db/migrate.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

describe('database: migrate', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase();
  });
  afterAll(() => test.drop());

  it('does nothing the second time', async () => {
    expect(await migrate(test.db)).toEqual([]);
  });

  it('stores times in UTC and names complete, in any script', async () => {
    const at = new Date('2026-03-29T01:30:00.123Z');
    const name = 'Ŵ 李雷 🐕 <script>';
    await insertMany(test.db, 'practices', [
      {
        id: 'elm',
        name,
        time_zone: 'Europe/London',
        policy_key: null,
        approved_at: at,
        approved_by: null,
        email_paused_at: null,
        email_pause_reason: null,
        created_at: at,
      },
    ]);
    const row = await test.db.selectFrom('practices').selectAll().executeTakeFirstOrThrow();
    expect(row.approved_at).toEqual(at);
    expect(row.name).toBe(name);
    const { rows } = await sql<{
      utc: string;
    }>`SELECT CAST(created_at AS CHAR) AS utc FROM practices`.execute(test.db);
    expect(rows[0]?.utc).toBe('2026-03-29 01:30:00.123');
  });
});

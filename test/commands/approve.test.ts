import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answer, openClinic, practiceId, type Clinic } from '../support/clinic.js';

describe('pims-sync approve', () => {
  let clinic: Clinic;
  beforeAll(async () => {
    clinic = await openClinic({ clients: 12, mess: 0 });
    clinic.configure({ practice: { policy: { welcome: 'after-approval' } } });
    await answer(clinic, 'sync', practiceId);
  });
  afterAll(() => clinic?.close());

  const readAgo = (hours: number) =>
    clinic.rows('UPDATE sync_runs SET requested_at = UTC_TIMESTAMP(3) - INTERVAL ? HOUR, started_at = requested_at', [
      hours,
    ]);
  const accounts = async () => (await clinic.rows('SELECT id FROM accounts')).length;

  it('approve: refuses data that is 40 days old, and names the command to run', async () => {
    await readAgo(40 * 24);
    const { code, out, err } = await clinic.run('approve', practiceId);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('40 days ago; a plan can be approved only on data of the last 36 hours');
    expect(err).toContain(`Run: pims-sync sync ${practiceId}`);
    expect(await accounts()).toBe(0);
  });

  it('approve: shows the age of the data below the limit', async () => {
    await readAgo(9);
    const { code, out } = await clinic.run('approve', practiceId);
    expect(code).toBe(0);
    expect(out).toMatch(/Welcome Emails queued, based on data of \d{4}-\d\d-\d\d \d\d:\d\d, 9 hours ago\. The workers/);
    expect(await accounts()).toBeGreaterThan(0);
  });
});

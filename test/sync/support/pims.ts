import type { Connector, Page } from '../../../src/connectors/contract.js';
import { PimsProblem } from '../../../src/connectors/errors.js';
import type { Client } from '../../../src/domain/client/client.js';

/** A PIMS with rows controlled by the test; pages of three, in key order. */
export function pims(rows: Client[], faults: { failAfterPages?: number } = {}, pageSize = 3): Connector {
  return {
    capabilities: { oneClient: true },
    check: () => Promise.resolve({ findings: [], problems: [] }),
    async *clients({ cursor }) {
      const sorted = [...rows].sort((a, b) => (a.pimsId < b.pimsId ? -1 : 1));
      let at = cursor === null ? 0 : sorted.findIndex((row) => row.pimsId > cursor);
      if (at === -1) at = sorted.length;
      for (let pages = 0; ; pages++) {
        if (pages === faults.failAfterPages) {
          throw new PimsProblem({ code: 'pims-unreachable', message: 'The PIMS went away.', help: 'Wait.' });
        }
        const clients = sorted.slice(at, at + pageSize);
        at += pageSize;
        const last = at >= sorted.length;
        yield await Promise.resolve<Page>({
          clients,
          unreadable: [],
          cursor: last ? null : (clients.at(-1)?.pimsId ?? null),
        });
        if (last) return;
      }
    },
    client: (id) => Promise.resolve(rows.find((row) => row.pimsId === id || row.displayId === id) ?? null),
    close: () => Promise.resolve(),
  };
}

export function client(n: number, more: Partial<Client> = {}): Client {
  const pimsId = String(n).padStart(4, '0');
  return {
    pimsId,
    displayId: `C${n}`,
    siteId: null,
    title: null,
    firstName: `Ann${n}`,
    lastName: `Fell${n}`,
    spouseFirstName: null,
    spouseLastName: null,
    companyName: null,
    emails: [`ann${n}@post.example`],
    phones: [{ label: 'home', number: `555-010-${pimsId}` }],
    inactive: false,
    deleted: false,
    optOut: null,
    classification: null,
    unknownStatus: null,
    createdOn: '2020-01-01',
    lastVisitOn: '2026-10-01',
    pets: [
      {
        pimsId: `p${n}`,
        name: `Rex${n}`,
        species: 'dog',
        speciesRaw: 'Canine',
        breed: null,
        sex: 'male',
        neutered: true,
        sexRaw: 'MN',
        bornOn: '2020-02-02',
        diedOn: null,
        status: 'active',
        statusRaw: 'A',
        share: 100,
        primaryOwner: true,
      },
    ],
    ...more,
  };
}

import type { Pet } from './pet.js';

/** A client as the PIMS records it: one row, or one household, normalised by a connector but not yet judged. */
export interface Client {
  /** The PIMS's internal key, never the number that staff see: Cornerstone lets staff change that one. */
  pimsId: string;
  /** The number staff know the client by. */
  displayId: string | null;
  /** Which practice of a shared PIMS database the row belongs to. */
  siteId: string | null;
  title: string | null;
  firstName: string | null;
  lastName: string | null;
  spouseFirstName: string | null;
  spouseLastName: string | null;
  companyName: string | null;
  /** Email fields as typed, best first; each may hold several addresses or none at all. */
  emails: string[];
  phones: Phone[];
  inactive: boolean;
  deleted: boolean;
  /** The PIMS flag that says "do not email", by its name in the PIMS; null when none is set. */
  optOut: string | null;
  /** The PIMS's own class, type or classification code. */
  classification: string | null;
  /** A status code the connector's map does not know; such a client is held, neither alive nor gone. */
  unknownStatus: string | null;
  /** Local calendar dates, `YYYY-MM-DD`. */
  createdOn: string | null;
  lastVisitOn: string | null;
  pets: Pet[];
}

export interface Phone {
  /** What the PIMS calls it: home, work, cell. */
  label: string | null;
  number: string;
}

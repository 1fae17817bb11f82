import type { Pet } from './pet.js';

/** A client as the PIMS records it: one row or one household, normalized by a connector and not yet evaluated. */
export interface Client {
  /** The PIMS's internal key, never the number that staff see, because Cornerstone lets staff change that number. */
  pimsId: string;
  /** The client number that staff see. */
  displayId: string | null;
  /** The site of a shared PIMS database to which the row belongs. */
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
  /** The PIMS flag that means "do not email", by its name in the PIMS; null if none is set. */
  optOut: string | null;
  /** The PIMS's own class, type or classification code. */
  classification: string | null;
  /** A status code that the connector's mapping does not know. Such a client is held. */
  unknownStatus: string | null;
  /** Local calendar dates, `YYYY-MM-DD`. */
  createdOn: string | null;
  lastVisitOn: string | null;
  pets: Pet[];
}

export interface Phone {
  /** The PIMS's name for it: home, work, cell. */
  label: string | null;
  number: string;
}

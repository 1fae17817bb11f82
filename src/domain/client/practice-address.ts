import { isMailboxProvider } from './email-typo.js';

/** Local parts of shared mailboxes. An employee's personal address at the practice's domain may be a real client's. */
const roles = new Set(
  (
    'info information office reception receptionist receptionists frontdesk frontoffice desk contact contactus hello hi ' +
    'admin administration administrator mail email inbox support help service services customerservice clientcare ' +
    'clientservice clientservices client clients appointment appointments appt appts booking bookings schedule ' +
    'scheduling enquiries enquiry inquiries inquiry questions feedback reminders newsletter marketing welcome team staff ' +
    'everyone doctors vets vet vetclinic clinic hospital animalhospital practice surgery practicemanager officemanager ' +
    'manager management billing accounts accounting accountspayable payments invoices records medicalrecords pharmacy ' +
    'refills prescriptions boarding grooming kennel lab emergency hr jobs careers'
  ).split(' '),
);

/**
 * Tells whether a key (an address in lower case) is the practice's own: one of its configured addresses, or a role such
 * as `reception@` at one of their domains. A tag (`info+rex@`) reaches the same mailbox.
 *
 * @param own the practice's sender, reply-to and support addresses
 */
export function isOwnAddress(key: string, own: readonly string[]): boolean {
  if (own.length === 0) return false;
  const { local, domain } = partsOf(key);
  const ours = own.map((address) => partsOf(address.toLowerCase()));
  if (ours.some((one) => one.local === local && one.domain === domain)) return true;
  const isRole = roles.has(local.replace(/[._-]/g, '')) || domain.startsWith(`${local}.`);
  return isRole && ours.some((one) => !isMailboxProvider(one.domain) && isSameHouse(one.domain, domain));
}

/** True for a domain and its subdomains, because a practice may send from a subdomain. */
function isSameHouse(one: string, other: string): boolean {
  return one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`);
}

function partsOf(key: string): { local: string; domain: string } {
  const at = key.lastIndexOf('@');
  return { local: key.slice(0, at).replace(/\+.*$/, ''), domain: key.slice(at + 1) };
}

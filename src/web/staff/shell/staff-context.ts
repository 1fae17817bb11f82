import { usePage } from '../../ui/page-context.js';
import { may, type Right } from '../team/rights.js';
import { practiceQuery, withQuery } from './routes.js';
import { staffRequestOf, type PracticeChoice, type StaffRequest } from './staff-session.js';

/** Returns the staff member and the allowed practices of the page. */
export function useStaffRequest(): StaffRequest {
  return staffRequestOf(usePage().request);
}

/** Returns the practice of the page. @throws Error for staff without a practice */
export function usePractice(): PracticeChoice {
  const { practice } = useStaffRequest();
  if (practice) return practice;
  throw new Error('a page of a practice was rendered for staff without one');
}

/** Tells whether the role of the signed-in person has a right. */
export function useRight(right: Right): boolean {
  return may(useStaffRequest().staff.role, right);
}

/** Returns a function that builds links to pages of the console and keeps the chosen practice in them. */
export function useLink(): (path: string, query?: Record<string, string | null | undefined>) => string {
  const practice = practiceQuery(useStaffRequest());
  return (path, query) => withQuery(path, { ...practice, ...query });
}

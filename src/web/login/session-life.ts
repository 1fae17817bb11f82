import type { SessionLife, SessionPurpose } from '../../store/access/sessions.js';
import type { WebSettings } from '../deps.js';

/** How long each purpose of a pet parent's session lasts. */
export function petParentLife(settings: WebSettings): (purpose: SessionPurpose) => SessionLife {
  return (purpose) => (purpose === 'full' ? settings.sessions.petParent : settings.sessions.firstLogin);
}

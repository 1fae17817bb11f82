import type { SessionLife, SessionPurpose } from '../../store/access/sessions.js';
import type { WebSettings } from '../deps.js';

/** Returns the lifetime of a pet parent's session by its purpose. */
export function petParentLife(settings: WebSettings): (purpose: SessionPurpose) => SessionLife {
  return (purpose) => (purpose === 'full' ? settings.sessions.petParent : settings.sessions.firstLogin);
}

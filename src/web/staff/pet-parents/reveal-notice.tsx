import { Notice } from '../../ui/notice.js';
import { FlashNotice } from '../flash/flash-notice.js';
import { notVisible, type Reveal } from '../../views/reveal.js';

/** Explains why the requested password is not shown; without such a request, shows the flash message. */
export function RevealNotice({ shown }: { shown: Reveal | null }) {
  return shown && !shown.visible ? <Notice tone="info" title={notVisible[shown.why]} /> : <FlashNotice />;
}

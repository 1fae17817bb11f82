import { Notice } from '../../ui/notice.js';
import type { Told } from './flash-messages.js';

/** The message of a form that led to this page, if there was one. */
export function ToldNotice({ told }: { told: Told | null }) {
  if (!told) return null;
  return (
    <Notice tone={told.tone} title={told.title}>
      {told.more}
    </Notice>
  );
}

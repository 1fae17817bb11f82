import { PostForm } from '../../ui/form.js';
import { usePractice } from './staff-context.js';

/** A form that changes data of the practice of the page. */
export function PracticeForm({ children, ...form }: Parameters<typeof PostForm>[0]) {
  return (
    <PostForm {...form}>
      <input type="hidden" name="practice" value={usePractice().id} />
      {children}
    </PostForm>
  );
}

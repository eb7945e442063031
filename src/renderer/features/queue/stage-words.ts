import type { JobProgress } from '../../../shared/queue.ts';
import { say } from '../../words/words.svelte.ts';

/** What is done with a photo now; null: nothing has been told yet. */
export function stageWords(progress: Pick<JobProgress, 'stage' | 'face'> | null): string {
  if (progress === null) return say('stage.begin');
  return progress.face === undefined ? say(`stage.${progress.stage}`) : say('stage.face', { ...progress.face });
}

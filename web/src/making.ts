// What is seen while a walk is made.
import {button, el} from './dom';
import type {Status} from './live';

const STAGES = ['Asked', 'Looking around', 'Choosing what to see', 'Finding the way'] as const;
const REACHED: Record<string, number> = {pending: 0, in_progress: 1, loading: 1, computing: 2, storing: 3, complete: 4};

export interface Making {
  view: HTMLElement;
  tell(status: Status): void;
}

export function making(giveUp: () => void): Making {
  const items = STAGES.map((stage) => el('li', {}, stage));
  const bar = el('progress', {max: STAGES.length, 'aria-label': 'Progress of your walk'});
  const said = el('p', {role: 'status', class: 'soft'}, 'Your wish is on its way …');
  const tell = ({status, stage}: Pick<Status, 'status' | 'stage'>) => {
    const reached = REACHED[stage ?? status] ?? 0;
    bar.value = reached + 0.5;
    items.forEach((item, index) => {
      item.className = index < reached ? 'done' : index === reached ? 'now' : '';
    });
    said.textContent = `${STAGES[reached] ?? 'Here it comes'} …`;
  };
  const view = el('section', {class: 'making'}, el('h2', {tabindex: -1}, 'Making your walk'), bar, said,
    el('ol', {class: 'stages'}, ...items), button('Change something', giveUp, 'quiet'));
  tell({status: 'pending'});
  return {view, tell};
}

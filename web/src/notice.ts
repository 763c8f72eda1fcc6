// Errors in words a person understands, with what to do about them.
import {ApiError, Unreachable, type Schemas} from './api';
import {button, el} from './dom';

export interface Cure {
  text: string;
  act: () => void;
}

interface Said {
  title: string;
  advice: string;
}

function ofStatus({status, message, retryAfter}: ApiError): Said {
  const wait = retryAfter > 0 ? `in ${retryAfter} seconds` : 'in a moment';
  switch (status) {
    case 401: return {title: 'Please log in', advice: message === 'log in first' ? 'Your login has ended.' : 'The name or the password is wrong.'};
    case 404: return {title: 'That is not there', advice: 'It may have been deleted, or belong to somebody else.'};
    case 409: return {title: 'That did not work', advice: sentence(message)};
    case 429: return {title: 'That was a lot at once', advice: `Please try again ${wait}.`};
    case 503: return {title: 'We are busy', advice: `Please try again ${wait}.`};
    default: return status >= 500
      ? {title: 'Something went wrong on our side', advice: 'Please try again; if it stays, tell us the number below.'}
      : {title: 'That did not work', advice: sentence(message)};
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/[.]?$/, '.');
}

const FIELDS: Record<string, string> = {username: 'The name', password: 'The password', name: 'The name', duration_minutes: 'The time'};

function ofFaults(error: ApiError): Said | undefined {
  if (error.fault('outside_coverage')) {
    return {title: 'We do not know that place yet', advice: 'Start where the map has streets.'};
  }
  if (error.fault('no_walkable_way_nearby')) {
    return {title: 'There is no street there', advice: 'Move the start, or the end, closer to a street or path.'};
  }
  if (error.fault('out_of_reach')) {
    return {title: 'The end is too far away', advice: 'Take more time, or move the end closer to the start.'};
  }
  const faults = error.body.details?.map(({field, message}) => sentence(`${FIELDS[field] ?? field} ${message}`));
  return faults?.length ? {title: 'Please look at this again', advice: faults.join(' ')} : undefined;
}

function inWords(error: unknown): Said {
  if (error instanceof ApiError) {
    return ofFaults(error) ?? ofStatus(error);
  }
  if (error instanceof Unreachable) {
    return {title: 'We can not be reached', advice: 'Look at your connection, then try again.'};
  }
  return {title: 'That did not work', advice: error instanceof Error ? sentence(error.message) : 'Please try again.'};
}

// An error for the page, with the ways out.
export function notice(error: unknown, cures: Cure[] = []): HTMLElement {
  const {title, advice} = inWords(error);
  const trace = error instanceof ApiError ? error.body.trace_id : undefined;
  return el('div', {class: 'notice', role: 'alert'},
    el('strong', {}, title),
    el('p', {}, advice),
    ...cures.map(({text, act}) => button(text, act, 'quiet')),
    trace && el('small', {}, `Number: ${trace}`));
}

// The areas that walks can begin in, when a place is outside of them.
export function coveredAreas(error: unknown): Schemas['CoveredArea'][] {
  return (error instanceof ApiError && error.fault('outside_coverage')?.covered) || [];
}

// Signing up, logging in and out.
import {ApiError, call, type Schemas} from './api';
import {button, el} from './dom';
import {notice} from './notice';

export type Profile = Schemas['Profile'];

// The user of the last visit, if the login still holds.
export async function whoAmI(): Promise<Profile | undefined> {
  try {
    return await call('get', '/api/v1/users/me');
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      return undefined;
    }
    throw error;
  }
}

type Way = 'sign up' | 'log in';
const WORDS: Record<Way, {title: string; lead: string; other: Way; ask: string}> = {
  'sign up': {title: 'Sign up', lead: 'Your walks are kept under a name. That is all we ask for.', other: 'log in', ask: 'I have a name already'},
  'log in': {title: 'Log in', lead: 'Welcome back.', other: 'sign up', ask: 'I am new here'},
};

function field(name: string, label: string, attributes: Record<string, string | number>, hint?: string): HTMLElement {
  const described = hint ? {'aria-describedby': `${name}-hint`} : {};
  return el('label', {class: 'field'}, el('span', {}, label),
    el('input', {name, required: true, ...described, ...attributes}),
    hint && el('small', {id: `${name}-hint`}, hint));
}

function form(way: Way): HTMLElement[] {
  const isNew = way === 'sign up';
  const limits: Record<string, string | number> = isNew ? {minlength: 12, maxlength: 256} : {};
  return [
    field('username', 'Name', {autocomplete: 'username', autocapitalize: 'none', minlength: 3, maxlength: 64, pattern: '[A-Za-z0-9._@+\\-]+'},
      isNew ? 'Letters, digits and . _ @ + -' : undefined),
    field('password', 'Password', {type: 'password', autocomplete: isNew ? 'new-password' : 'current-password', ...limits},
      isNew ? 'At least 12 characters; a few words make a good one.' : undefined),
  ];
}

// Asks for a name and a password; undefined if the dialog is closed without.
export function enter(first: Way): Promise<Profile | undefined> {
  return new Promise((resolve) => {
    const dialog = el('dialog', {'aria-labelledby': 'enter-title', onclose: () => { dialog.remove(); resolve(undefined); }});
    const fill = (way: Way) => {
      const words = WORDS[way];
      const trouble = el('div');
      const send = async (event: Event) => {
        event.preventDefault();
        const data = new FormData(event.target as HTMLFormElement);
        const body = {username: String(data.get('username')), password: String(data.get('password'))};
        try {
          resolve(await call('post', way === 'sign up' ? '/api/v1/users' : '/api/v1/login', {body}));
          dialog.close();
        } catch (error) {
          trouble.replaceChildren(notice(error));
        }
      };
      dialog.replaceChildren(el('form', {onsubmit: (event) => void send(event)},
        el('h2', {id: 'enter-title'}, words.title),
        el('p', {class: 'soft'}, words.lead),
        ...form(way),
        trouble,
        el('button', {class: 'main'}, words.title),
        el('div', {class: 'row'},
          button(words.ask, () => fill(words.other), 'link'),
          button('Not now', () => dialog.close(), 'link'))));
      dialog.querySelector('input')?.focus();
    };
    document.body.append(dialog);
    fill(first);
    dialog.showModal();
  });
}

export async function leave(): Promise<void> {
  await call('post', '/api/v1/logout');
}

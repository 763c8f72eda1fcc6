// The form that says what the walk shall be like.
import type {Profile} from './account';
import type {Schemas} from './api';
import {button, el} from './dom';
import type {Place} from './geo';
import {minutes} from './words';

export interface Wish {
  start: Place;
  end?: Place;
  minutes: number;
  // As the clock on the wall shows it; left out: now.
  departure?: string;
  bias: number;
  themes: string[];
  avoidStairs: boolean;
  preferLit: boolean;
}

export function requestBody(wish: Wish): Schemas['RouteRequest'] {
  return {
    start_location: {type: 'Point', coordinates: wish.start},
    end_location: wish.end ? {type: 'Point', coordinates: wish.end} : null,
    duration_minutes: wish.minutes,
    depart_at: wish.departure ? new Date(wish.departure).toISOString() : null,
    popularity_bias: wish.bias,
    interest_theme_ids: wish.themes,
    accessibility: {avoid_stairs: wish.avoidStairs, prefer_well_lit: wish.preferLit},
  };
}

// The same wish once more, for another walk.
export function anotherBody({sources: _, depart_at, variant = 0, ...wish}: Schemas['GenerationParams']): Schemas['RouteRequest'] {
  const isAhead = depart_at && Date.parse(depart_at) > Date.now();
  return {...wish, variant: (variant + 1) % VARIANTS, ...(isAhead ? {depart_at} : {})};
}

const VARIANTS = 10;
const KEPT = 'wildside.wish';

// The wish of the last visit, or of the user's preferences. Where and when the walk begins is not kept.
export function firstWish(profile: Profile | undefined): Omit<Wish, 'start'> {
  const preferred = profile?.preferences;
  const usual = {
    minutes: preferred?.duration_minutes ?? 60,
    bias: preferred?.popularity_bias ?? 0.5,
    themes: profile?.interest_theme_ids ?? [],
    avoidStairs: preferred?.accessibility.avoid_stairs ?? false,
    preferLit: preferred?.accessibility.prefer_well_lit ?? false,
  };
  try {
    return {...usual, ...(JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Partial<Wish>)};
  } catch {
    return usual;
  }
}

export function keepWish({start: _, end: __, departure: ___, ...rest}: Wish): void {
  localStorage.setItem(KEPT, JSON.stringify(rest));
}

// Colours of the map's dots, by what a theme is about.
const KINDS: Record<string, string[]> = {
  art: ['Street art', 'Architecture', 'Brutalism', 'Literature', 'Music', 'Theatre and film', 'Museums and galleries'],
  food: ['Historic pubs', 'Markets', 'Coffee and cake', 'Good food'],
  green: ['Quiet parks', 'Waterfront', 'Viewpoints', 'Family', 'Nature'],
  sacred: ['Sacred places', 'Cemeteries'],
  past: ['Industrial heritage', 'Monuments and memorials', 'Castles and ruins'],
};

export function kindOf(theme: string): string {
  return Object.entries(KINDS).find(([, themes]) => themes.includes(theme))?.[0] ?? 'other';
}

function chip(theme: Schemas['Theme'], wish: Wish): HTMLElement {
  const toggle = ({target}: Event) => {
    const {checked} = target as HTMLInputElement;
    wish.themes = checked ? [...wish.themes, theme.id] : wish.themes.filter((id) => id !== theme.id);
  };
  return el('label', {class: `chip ${kindOf(theme.name)}`, title: theme.description ?? ''},
    el('input', {type: 'checkbox', name: 'theme', value: theme.id, checked: wish.themes.includes(theme.id), onchange: toggle}),
    el('span', {}, theme.name));
}

function chips(themes: Schemas['Theme'][], wish: Wish): HTMLElement {
  const order = [...Object.keys(KINDS), 'other'];
  const sorted = themes.toSorted((a, b) => order.indexOf(kindOf(a.name)) - order.indexOf(kindOf(b.name)));
  return el('fieldset', {}, el('legend', {}, 'What do you like?', el('small', {}, 'Nothing chosen: a bit of everything')),
    el('div', {class: 'chips'}, ...sorted.map((theme) => chip(theme, wish))));
}

function slider(wish: Wish): HTMLElement[] {
  const shown = el('output', {for: 'minutes'}, minutes(wish.minutes * 60));
  const time = ({target}: Event) => {
    wish.minutes = Number((target as HTMLInputElement).value);
    shown.textContent = minutes(wish.minutes * 60);
  };
  const departure = ({target}: Event) => { wish.departure = (target as HTMLInputElement).value || undefined; };
  const bias = ({target}: Event) => { wish.bias = Number((target as HTMLInputElement).value); };
  return [
    el('div', {class: 'field'}, el('label', {for: 'minutes'}, 'How long?'), shown,
      el('input', {id: 'minutes', type: 'range', min: 15, max: 180, step: 15, value: wish.minutes, oninput: time})),
    el('div', {class: 'field'}, el('label', {for: 'departure'}, 'When?'),
      el('input', {id: 'departure', type: 'datetime-local', value: wish.departure ?? '', oninput: departure, 'aria-describedby': 'departure-note'}),
      el('small', {id: 'departure-note'}, 'Left empty: now. Parks and museums are part of it while they are open.')),
    el('div', {class: 'field'}, el('label', {for: 'bias'}, 'Past what?'),
      el('input', {id: 'bias', type: 'range', min: 0, max: 1, step: 0.1, value: wish.bias, oninput: bias, 'aria-describedby': 'bias-ends'}),
      el('div', {id: 'bias-ends', class: 'ends'}, el('span', {}, 'Hidden gems'), el('span', {}, 'Hotspots'))),
  ];
}

function option(text: string, isOn: boolean, set: (isOn: boolean) => void): HTMLElement {
  const change = ({target}: Event) => set((target as HTMLInputElement).checked);
  return el('label', {class: 'option'}, el('input', {type: 'checkbox', checked: isOn, onchange: change}), text);
}

export interface Planning {
  themes: Schemas['Theme'][];
  wish: Wish;
  walk(): void;
  locate(): void;
  startAtCenter(): void;
  // Waits for a tap that says where the walk ends.
  pickEnd(): void;
  dropEnd(): void;
  isPicking: boolean;
}

function row(which: string, letter: string, text: string, ...buttons: HTMLElement[]): HTMLElement {
  return el('div', {class: 'row'}, el('b', {class: `letter ${which}`}, letter),
    el('div', {}, el('p', {}, text), el('div', {class: 'row'}, ...buttons)));
}

function ends(plan: Planning): HTMLElement {
  const {wish, isPicking} = plan;
  const end = wish.end ? 'At the pin B' : isPicking ? 'Tap on the map where it ends' : 'Back at the start';
  return el('div', {class: 'places'},
    row('start', 'A', 'Tap on the map where you start', button('My location', plan.locate, 'quiet'),
      button('Map centre', plan.startAtCenter, 'quiet')),
    row('end', 'B', end, wish.end || isPicking
      ? button('Back at the start', plan.dropEnd, 'quiet')
      : button('Choose an end', plan.pickEnd, 'quiet')));
}

export function planView(plan: Planning): HTMLElement {
  const {wish, themes} = plan;
  const submit = (event: Event) => {
    event.preventDefault();
    plan.walk();
  };
  return el('form', {id: 'plan', onsubmit: submit},
    el('h2', {tabindex: -1}, 'A walk made up for you'),
    ends(plan),
    ...slider(wish),
    chips(themes, wish),
    option('Avoid stairs', wish.avoidStairs, (isOn) => { wish.avoidStairs = isOn; }),
    option('Prefer streets with light', wish.preferLit, (isOn) => { wish.preferLit = isOn; }),
    el('button', {class: 'main sticky'}, 'Walk!'));
}

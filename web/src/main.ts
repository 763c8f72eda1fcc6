// The page: which view is shown, and what leads from one to the next.
import './app.css';
import {enter, leave, whoAmI, type Profile} from './account';
import {ApiError, call, type Schemas} from './api';
import {button, byId, el} from './dom';
import type {Place} from './geo';
import {guide} from './guide';
import {Live, type Status} from './live';
import {making} from './making';
import type {WalkMap} from './map';
import {ownButtons} from './mine';
import {coveredAreas, notice, type Cure} from './notice';
import {drop, forget, install, keep} from './offline';
import {anotherBody, firstWish, keepWish, planView, requestBody, type Planning, type Wish} from './plan';
import {walkView, type Walking} from './walk';
import {walksView} from './walks';
import {useUnits} from './words';

const LOCATING = {enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000};

class Page {
  #profile: Profile | undefined;
  #themes: Schemas['Theme'][] = [];
  #wish!: Wish;
  #isPicking = false;
  #isPlanning = false;
  #live = new Live();
  // Ends the way that somebody is on.
  #endWay = () => {};
  #map!: WalkMap;

  async open(): Promise<void> {
    const map = import('./map');
    const [profile, themes] = await Promise.all([whoAmI(), call('get', '/api/v1/interest-themes')]);
    this.#themes = themes;
    this.#setProfile(profile);
    const {WalkMap} = await map;
    this.#map = new WalkMap(byId('map'), {
      tapped: (place) => this.#tapped(place),
      moved: (which, place) => this.#setPlace(which, place),
      startHere: (place) => this.#setPlace('start', place),
    });
    // For who looks at it from the console.
    Object.assign(window, {walkMap: this.#map});
    this.#wish = {...firstWish(profile), start: this.#map.center};
    addEventListener('hashchange', () => void this.#openAddress());
    await this.#openAddress();
  }

  // Shows what the address tells: a walk of one's own or one that is shared, or the plan.
  async #openAddress(): Promise<void> {
    const parts = new URLSearchParams(location.hash.slice(1));
    const [walk, shared] = [parts.get('walk'), parts.get('shared')];
    if (shared) {
      await this.#openShared(shared);
    } else if (walk && this.#profile) {
      await this.#openWalk(walk);
    } else {
      this.#plan();
    }
  }

  // Shows a view; whoever reads with a screen reader is told its heading.
  #show(...view: HTMLElement[]): void {
    this.#endWay();
    this.#endWay = () => {};
    const panel = byId('panel');
    panel.replaceChildren(...view);
    panel.scrollTop = 0;
    panel.querySelector<HTMLElement>('h2')?.focus({preventScroll: true});
  }

  #setProfile(profile: Profile | undefined): void {
    this.#profile = profile;
    useUnits(profile?.preferences.unit_system ?? 'metric');
    if (profile) {
      this.#live.start();
    }
    byId('account').replaceChildren(...(profile
      ? [button('My walks', () => this.#showWalks(), 'link'), button('Log out', () => void this.#logOut(), 'link')]
      : [button('Log in', () => void this.#enter('log in'), 'link'), button('Sign up', () => void this.#enter('sign up'), 'link')]));
  }

  async #enter(way: 'sign up' | 'log in'): Promise<boolean> {
    const profile = await enter(way);
    if (profile) {
      this.#setProfile(profile);
    }
    return profile !== undefined;
  }

  async #logOut(): Promise<void> {
    await leave().catch(() => undefined);
    await forget();
    this.#live.stop();
    this.#setProfile(undefined);
    this.#plan();
  }

  #plan(trouble?: HTMLElement): void {
    this.#isPlanning = true;
    this.#remember();
    this.#map.show(undefined);
    this.#map.pin('start', this.#wish.start);
    this.#map.pin('end', this.#wish.end);
    const plan: Planning = {
      themes: this.#themes,
      wish: this.#wish,
      isPicking: this.#isPicking,
      walk: () => void this.#walk(),
      locate: () => this.#locate(),
      startAtCenter: () => this.#setPlace('start', this.#map.center),
      pickEnd: () => this.#pickEnd(true),
      dropEnd: () => {
        delete this.#wish.end;
        this.#pickEnd(false);
      },
    };
    this.#show(...(trouble ? [trouble] : []), planView(plan));
  }

  #pickEnd(isPicking: boolean): void {
    this.#isPicking = isPicking;
    this.#plan();
  }

  #tapped(place: Place): void {
    if (this.#isPlanning) {
      this.#setPlace(this.#isPicking ? 'end' : 'start', place);
    }
  }

  #setPlace(which: 'start' | 'end', place: Place): void {
    this.#wish[which] = place;
    this.#map.pin(which, place);
    if (which === 'end') {
      this.#pickEnd(false);
    }
  }

  #locate(): void {
    const found = ({coords}: GeolocationPosition) => {
      const place: Place = [coords.longitude, coords.latitude];
      this.#setPlace('start', place);
      this.#map.goTo(place);
    };
    const lost = () => this.#plan(notice(new Error('your device does not tell us where it is: allow it, or tap on the map')));
    navigator.geolocation.getCurrentPosition(found, lost, LOCATING);
  }

  // Asks for a walk and follows it to its end.
  async #walk(): Promise<void> {
    if (!this.#profile && !(await this.#enter('sign up'))) {
      return;
    }
    keepWish(this.#wish);
    await this.#make(requestBody(this.#wish), (error) => this.#refused(error));
  }

  async #make(wish: Schemas['RouteRequest'], refused: (error: unknown) => void): Promise<void> {
    this.#isPlanning = false;
    let id = '';
    const {view, tell} = making(() => {
      this.#live.forget(id);
      id = 'given up';
      this.#plan();
    });
    this.#show(view);
    try {
      const accepted = await call('post', '/api/v1/routes', {body: wish});
      if (id) {
        return;
      }
      id = accepted.request_id;
      if (accepted.route_id) {
        await this.#openWalk(accepted.route_id);
      } else {
        this.#live.follow(id, (status) => this.#heard(status, tell, refused));
      }
    } catch (error) {
      refused(error);
    }
  }

  #heard(status: Status, tell: (status: Status) => void, refused: (error: unknown) => void): void {
    tell(status);
    if (status.route_id) {
      void this.#openWalk(status.route_id);
    } else if (status.status === 'failed') {
      refused(new Error(status.error?.message ?? 'there is no such walk'));
    }
  }

  #refused(error: unknown): void {
    const cures: Cure[] = coveredAreas(error).map(({name, bbox: [west = 0, south = 0, east = 0, north = 0]}) => ({
      text: `Go to ${name}`,
      act: () => {
        const place: Place = [(west + east) / 2, (south + north) / 2];
        this.#map.goTo(place);
        this.#setPlace('start', place);
        this.#plan();
      },
    }));
    if (error instanceof ApiError && error.status === 401) {
      this.#setProfile(undefined);
      cures.push({text: 'Log in', act: () => void this.#enter('log in')});
    }
    this.#plan(notice(error, cures));
  }

  async #openWalk(id: string): Promise<void> {
    try {
      const walk = await call('get', '/api/v1/routes/{route_id}', {at: {route_id: id}});
      this.#showWalk(walk);
    } catch (error) {
      this.#refused(error);
    }
  }

  // A walk that somebody else shares, which takes no account.
  async #openShared(token: string): Promise<void> {
    try {
      const walk = await call('get', '/api/v1/shared/{token}', {at: {token}});
      this.#isPlanning = false;
      this.#remember('shared', token);
      this.#map.show(walk);
      this.#map.pin('start', walk.path.coordinates[0] as Place);
      this.#map.pin('end', undefined);
      this.#showStops({walk, liked: [], buttons: button('Plan a walk of my own', () => this.#plan(), 'quiet')});
    } catch (error) {
      const isGone = error instanceof ApiError && error.status === 404;
      this.#plan(notice(isGone ? new Error('this link has been withdrawn, or is not whole') : error));
    }
  }

  #showWalk(walk: Schemas['RouteView'], trouble?: HTMLElement): void {
    void (walk.saved ? keep(walk) : drop(walk.id));
    this.#isPlanning = false;
    this.#remember('walk', walk.id);
    this.#map.show(walk);
    const {interest_theme_ids: liked, depart_at, start_location: start, end_location: end} = walk.generation_params;
    this.#map.pin('start', start.coordinates as Place);
    this.#map.pin('end', end?.coordinates as Place | undefined);
    const buttons = ownButtons(walk, {
      changed: (changed) => this.#showWalk(changed),
      deleted: () => {
        void drop(walk.id);
        this.#showWalks();
      },
      start: () => this.#startWalking(walk),
      another: () => void this.#make(anotherBody(walk.generation_params), (error) => this.#showWalk(walk, notice(error))),
      plan: () => this.#plan(),
    });
    this.#showStops({walk, liked, begins: depart_at ?? walk.created_at, buttons}, trouble);
  }

  #startWalking(walk: Schemas['RouteView']): void {
    const {view, end} = guide({
      walk,
      live: this.#live,
      moved: (place) => this.#map.follow(place),
      done: (view) => this.#show(view),
      back: () => this.#showWalk(walk),
    });
    this.#show(view);
    this.#endWay = end;
  }

  #showStops(shown: Omit<Walking, 'themes' | 'showStop'>, trouble?: HTMLElement): void {
    const showStop = ({id, location}: Schemas['StopView']) => {
      this.#map.goTo(location.coordinates as Place);
      void this.#map.tellOf(id, location.coordinates as Place);
    };
    this.#show(...(trouble ? [trouble] : []), walkView({...shown, themes: this.#themes, showStop}));
  }

  #showWalks(): void {
    this.#isPlanning = false;
    this.#remember();
    this.#map.show(undefined);
    this.#show(walksView((id) => void this.#openWalk(id), () => this.#plan()));
  }

  // The address tells the walk, so that it is there again after a reload.
  #remember(which?: 'walk' | 'shared', value = ''): void {
    const parts = new URLSearchParams(location.hash.slice(1));
    parts.delete('walk');
    parts.delete('shared');
    if (which) {
      parts.set(which, value);
    }
    history.replaceState(null, '', `#${parts.toString().replaceAll('%2F', '/')}`);
  }
}

// Says that there is no network, for as long as the device knows of none.
function tellOfNetwork(): void {
  byId('network').textContent = navigator.onLine ? '' : 'Offline';
}

install();
addEventListener('online', tellOfNetwork);
addEventListener('offline', tellOfNetwork);
tellOfNetwork();
new Page().open().catch((error: unknown) => {
  const again = {text: 'Load again', act: () => location.reload()};
  byId('panel').replaceChildren(el('section', {}, el('h2', {}, 'Wildside'), notice(error, [again])));
});

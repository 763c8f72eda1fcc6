// The page: which view is shown, and what leads from one to the next.
import './app.css';
import {enter, leave, whoAmI, type Profile} from './account';
import {ApiError, call, type Schemas} from './api';
import {button, byId, el} from './dom';
import {Live, type Status} from './live';
import {making} from './making';
import type {Place, WalkMap} from './map';
import {coveredAreas, notice, type Cure} from './notice';
import {firstWish, keepWish, planView, requestBody, type Planning, type Wish} from './plan';
import {walkView} from './walk';
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
    const shared = new URLSearchParams(location.hash.slice(1)).get('walk');
    if (shared && profile) {
      await this.#openWalk(shared);
    } else {
      this.#plan();
    }
  }

  // Shows a view; whoever reads with a screen reader is told its heading.
  #show(...view: HTMLElement[]): void {
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
    this.#live.stop();
    this.#setProfile(undefined);
    this.#plan();
  }

  #plan(trouble?: HTMLElement): void {
    this.#isPlanning = true;
    this.#remember(undefined);
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
    this.#isPlanning = false;
    let id = '';
    const {view, tell} = making(() => {
      this.#live.forget(id);
      id = 'given up';
      this.#plan();
    });
    this.#show(view);
    try {
      const accepted = await call('post', '/api/v1/routes', {body: requestBody(this.#wish)});
      if (id) {
        return;
      }
      id = accepted.request_id;
      if (accepted.route_id) {
        await this.#openWalk(accepted.route_id);
      } else {
        this.#live.follow(id, (status) => this.#heard(status, tell));
      }
    } catch (error) {
      this.#refused(error);
    }
  }

  #heard(status: Status, tell: (status: Status) => void): void {
    tell(status);
    if (status.route_id) {
      void this.#openWalk(status.route_id);
    } else if (status.status === 'failed') {
      this.#plan(notice(new Error(status.error?.message ?? 'there is no such walk')));
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

  #showWalk(walk: Schemas['RouteView']): void {
    this.#isPlanning = false;
    this.#remember(walk.id);
    this.#map.show(walk);
    const {start_location: start, end_location: end} = walk.generation_params;
    this.#map.pin('start', start.coordinates as Place);
    this.#map.pin('end', end?.coordinates as Place | undefined);
    const at = {at: {route_id: walk.id}};
    this.#show(walkView({
      walk,
      themes: this.#themes,
      setSaved: (isSaved) => call(isSaved ? 'put' : 'delete', '/api/v1/routes/{route_id}/saved', at),
      showStop: ({id, location}) => {
        this.#map.goTo(location.coordinates as Place);
        void this.#map.tellOf(id, location.coordinates as Place);
      },
      another: () => this.#plan(),
    }));
  }

  #showWalks(): void {
    this.#isPlanning = false;
    this.#show(walksView((id) => void this.#openWalk(id), () => this.#plan()));
  }

  // The address tells the walk, so that it is there again after a reload.
  #remember(walk: string | undefined): void {
    const parts = new URLSearchParams(location.hash.slice(1));
    if (walk) {
      parts.set('walk', walk);
    } else {
      parts.delete('walk');
    }
    history.replaceState(null, '', `#${parts.toString().replaceAll('%2F', '/')}`);
  }
}

new Page().open().catch((error: unknown) => {
  const again = {text: 'Load again', act: () => location.reload()};
  byId('panel').replaceChildren(el('section', {}, el('h2', {}, 'Wildside'), notice(error, [again])));
});

// The map's style: that of the tile server, with the walk from memory in place of its tiles.
import type {FeatureCollection} from 'geojson';
import type {LayerSpecification, StyleSpecification} from 'maplibre-gl';
import dark from '../../martin/styles/dark.json';
import light from '../../martin/styles/light.json';
import type {Schemas} from './api';

export const STOPS = 'stops';
const CREDIT = '© <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a> contributors';
const NOTHING: FeatureCollection = {type: 'FeatureCollection', features: []};

// A walk to be drawn; one that is shared has no id.
export type Drawn = Schemas['SharedRouteView'] & {id?: string};

function line(walk: Drawn): FeatureCollection {
  const geometry = {type: 'LineString' as const, coordinates: walk.path.coordinates};
  return {type: 'FeatureCollection', features: [{type: 'Feature', geometry, properties: {id: walk.id ?? ''}}]};
}

function stops(walk: Drawn): FeatureCollection {
  const features = walk.pois.map(({id, position, name, location}) => ({
    type: 'Feature' as const,
    geometry: {type: 'Point' as const, coordinates: location.coordinates},
    properties: {id, position, name: name ?? ''},
  }));
  return {type: 'FeatureCollection', features};
}

// Sources of the walk by name.
export function walkData(walk: Drawn | undefined): {walk: FeatureCollection; stops: FeatureCollection} {
  return walk ? {walk: line(walk), stops: stops(walk)} : {walk: NOTHING, stops: NOTHING};
}

// Stops as they are in the list beside the map: a number on a disc, at every zoom.
const CLEARER: Record<string, {layout?: object; paint?: object}> = {
  stops: {paint: {'circle-color': '#c2255c', 'circle-radius': 12, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2}},
  'stop-numbers': {layout: {'text-size': 13}, paint: {'text-color': '#ffffff'}},
  'stop-names': {layout: {'text-radial-offset': 1.3}},
};

function drawnFromMemory(layer: LayerSpecification): LayerSpecification {
  if (!('source' in layer) || layer.source !== 'walk') {
    return layer;
  }
  const {'source-layer': from, layout, minzoom: _, ...rest} = layer as LayerSpecification & {'source-layer': string; layout: object};
  const source = from === 'stops' ? STOPS : 'walk';
  const {layout: more, paint} = CLEARER[layer.id] ?? {};
  return {
    ...rest, source, layout: {...layout, ...more, visibility: 'visible'}, paint: {...layer.paint, ...paint},
  } as LayerSpecification;
}

// Template of the tiles of a source.
export function tilesAt(source: string): string {
  const tiles = document.documentElement.dataset.tiles ?? '/tiles';
  return `${new URL(tiles, location.href).href}/${source}/{z}/{x}/{y}.pbf`;
}

// The style for light or darkness.
export function style(isDark: boolean, walk: Drawn | undefined): StyleSpecification {
  const shipped = (isDark ? dark : light) as unknown as StyleSpecification;
  const data = walkData(walk);
  const at = (source: string) => {
    const {minzoom, maxzoom} = shipped.sources[source] as {minzoom: number; maxzoom: number};
    return {type: 'vector' as const, tiles: [tilesAt(source)], minzoom, maxzoom, attribution: CREDIT};
  };
  return {
    ...shipped,
    sources: {
      base: at('base'),
      pois: at('pois'),
      walk: {type: 'geojson', data: data.walk},
      [STOPS]: {type: 'geojson', data: data.stops},
    },
    layers: shipped.layers.map(drawnFromMemory),
  };
}

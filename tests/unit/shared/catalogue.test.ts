import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  bestDownload,
  byPurpose,
  catalogueSchema,
  downloadBytes,
  modelPurposes,
  type CatalogueFile,
} from '../../../src/shared/catalogue.ts';
import { sha256Of } from '../../support/file-server.ts';
import { sharedData } from '../../support/shared-data.ts';
import { needs } from '../../support/needs.ts';

const catalogue = catalogueSchema.parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../../models/catalogue.json'), 'utf8')));
const files: CatalogueFile[] = [...catalogue.models, ...catalogue.metrics].flatMap((entry) => entry.files);

describe('the catalogue', () => {
  it('has forty models and two for faces, under what they are for', () => {
    expect(catalogue.models).toHaveLength(42);
    const groups = byPurpose(catalogue.models);
    expect(groups.map(({ purpose }) => purpose)).toEqual(modelPurposes);
    expect(groups.flatMap(({ cards }) => cards)).toEqual(catalogue.models);
  });

  it('has the download that the first page offers, a smaller one where there is no graphics card', () => {
    const [large, small] = [true, false].map((card) => catalogue.models.find(({ id }) => id === bestDownload(card)));
    if (large === undefined || small === undefined) throw new Error('they are in the catalogue');
    expect(downloadBytes(small)).toBeLessThan(downloadBytes(large) / 10);
  });

  it.each(files)('has a plain address: $url', ({ url }) => {
    // Of a commit, or what authors published under a fixed name: there, the sha256 alone is what counts.
    const pinned = /^https:\/\/raw\.githubusercontent\.com\/[\w.-]+\/[\w.-]+\/[0-9a-f]{40}\/[\w./+-]+$/;
    const published = /^https:\/\/(?:github\.com\/[\w.-]+\/[\w.-]+\/(?:releases\/download|raw)|objectstorage\.[\w.-]+)\/[\w./+-]+$/;
    expect([pinned, published].some((form) => form.test(url))).toBe(true);
  });

  it('has the files that belong together under one name', () => {
    const stems = catalogue.models.map((model) => new Set(model.files.map(({ name }) => name.replace(/\.[a-z]+$/, ''))).size);
    expect(new Set(stems)).toEqual(new Set([1]));
    const endings = catalogue.models.map(({ kind, files: parts }) =>
      [kind, ...parts.map(({ name }) => name.slice(name.lastIndexOf('.')))].join(' '),
    );
    expect([...new Set(endings)].sort()).toEqual(['ncnn .param .bin', 'onnx .onnx', 'pth .pth']);
  });

  it('refuses addresses that are not encrypted, and two models of one id', () => {
    const [model] = catalogue.models;
    const insecure = model?.files.map((file) => ({ ...file, url: file.url.replace('https', 'http') }));
    expect(catalogueSchema.safeParse({ schema: 1, models: [{ ...model, files: insecure }] }).success).toBe(false);
    expect(catalogueSchema.safeParse({ schema: 1, models: [model, model] }).success).toBe(false);
  });

  it('says what the files are', needs('sharedData'), () => {
    const rows = readFileSync(sharedData('SOURCES.tsv'), 'utf8').trim().split('\n').slice(1);
    const held = new Map(
      rows.map((row) => {
        const [file = '', , , , source = ''] = row.split('\t');
        const [, repository = '', commit = '', path = ''] = /^(.+)@([0-9a-f]{40}):(.+)$/.exec(source) ?? [];
        return [`https://raw.githubusercontent.com/${repository}/${commit}/${path}`, file];
      }),
    );
    const here = files.filter(({ url }) => held.has(url));
    expect(here.length).toBeGreaterThan(20);
    const found = here.map(({ name, url }) => {
      const bytes = readFileSync(sharedData(held.get(url) ?? ''));
      return { name, url, fileBytes: bytes.length, sha256: sha256Of(bytes) };
    });
    expect(found).toEqual(here);
  });
});

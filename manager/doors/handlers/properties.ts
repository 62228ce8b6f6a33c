// The file of properties, and what hosts say by it.
import { createHash } from 'node:crypto'
import type { properties, SiteProperties } from '../../contract/properties.ts'
import type { SiteProperties as PropertyBook, ShownProperties } from '../../hosts/site-properties.ts'
import { done, type HandlersOf } from './handlers.ts'

export function propertyHandlers(book: Pick<PropertyBook, 'text' | 'shown' | 'set'>): HandlersOf<typeof properties> {
  return {
    show: async () => done(versioned(await book.shown())),
    async set({ text, replaces }) {
      if (replaces !== undefined && replaces !== versionOf(book.text()))
        return { kind: 'refused', reason: 'somebody has changed the file since you looked at it: look again, and change that' }
      const set = await book.set(text)
      return set.kind === 'done' ? done(versioned(set.value)) : set
    },
  }
}

function versioned(shown: ShownProperties): SiteProperties {
  return { text: shown.text, version: versionOf(shown.text), hosts: shown.hosts.map((host) => ({ ...host, values: [...host.values] })) }
}

function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}

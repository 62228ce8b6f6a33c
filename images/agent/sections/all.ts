// How each section is looked at. All of them are here, or this does not compile.
import { EMPTY_SECTIONS, SECTION_NAMES, type SectionName } from '../../../manager/protocol/inventory.ts'
import { guestsObserved } from './guests.ts'
import { machineObserved } from './machine.ts'
import { networksObserved } from './networks.ts'
import type { ObservedSections } from './observed.ts'
import { storageObserved } from './storage.ts'

/** Properties are the site's, addresses of guests are listened for: whoever runs that reads them. */
export const OBSERVED: ObservedSections = {
  ...machineObserved,
  ...networksObserved,
  ...storageObserved,
  ...guestsObserved,
  properties: { read: async () => ({ value: EMPTY_SECTIONS.properties, problems: [] }), period: 3_600 },
  guestAddresses: { read: async () => ({ value: EMPTY_SECTIONS.guestAddresses, problems: [] }), period: 120 },
}

/** The sections that such an event may make other than before. */
export function after(event: string): readonly SectionName[] {
  return SECTION_NAMES.filter((name) => OBSERVED[name].events?.includes(event))
}

/** All events that some section waits for. */
export const EVENTS: readonly string[] = [...new Set(SECTION_NAMES.flatMap((name) => OBSERVED[name].events ?? []))]

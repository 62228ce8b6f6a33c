// templates/pages as functions from a view to HTML. Every hole is escaped, and a hole without a value throws, as that is our own
// mistake; what is already HTML comes as Markup. `_*.hbs` are parts that pages include by name.
import Handlebars from 'handlebars'
import { visibleIn } from './visible.ts'

export const PAGES = [
  'account',
  'alarms',
  'audit',
  'automation',
  'boots',
  'checklist',
  'cpu',
  'first-admin',
  'guest',
  'guest-console',
  'guest-move',
  'guest-new',
  'guests',
  'guests-begun',
  'guests-chosen',
  'host',
  'host-evacuate',
  'host-bring-home',
  'matrix',
  'message',
  'notifications',
  'pending',
  'signed-in',
  'signin',
  'signin-code',
  'second-factor',
  'recovery-codes',
  'site',
  'task',
  'tasks',
  'things',
  'token',
  'users',
  'vm-images',
] as const
export const FRAGMENTS = [
  '_admit',
  '_alarms',
  '_automation-now',
  '_boots',
  '_cell',
  '_change',
  '_checklist',
  '_connection-hosts',
  '_connections',
  '_console-log',
  '_destroy-disks',
  '_disk-row',
  '_evacuation-plan',
  '_homecoming-plan',
  '_filter-said',
  '_guest-list',
  '_guest-now',
  '_guests',
  '_hardware',
  '_host-now',
  '_host-records',
  '_matrix',
  '_measures',
  '_move-choices',
  '_move-plan',
  '_nic-row',
  '_notice',
  '_notifications',
  '_pending',
  '_pool-now',
  '_reach',
  '_row',
  '_stop-how',
  '_task-now',
  '_tasks',
  '_thing-hosts',
  '_token-list',
  '_where',
] as const

export type Page = (typeof PAGES)[number]
export type Fragment = (typeof FRAGMENTS)[number]
export const LAYOUT = '_layout'

export const TEMPLATE_NAMES: readonly string[] = [...PAGES, ...FRAGMENTS, LAYOUT]

export type Render = (template: Page | Fragment | typeof LAYOUT, view: object) => string

/** `texts`: each of TEMPLATE_NAMES. Throws when one is missing. */
export function compilePages(texts: Readonly<Record<string, string>>): Render {
  const handlebars = Handlebars.create()
  for (const name of TEMPLATE_NAMES) {
    const text = texts[name]
    if (text === undefined) throw new Error(`templates/pages/${name}.hbs is missing: is this installation complete?`)
    if (/{{{|{{&/.test(text)) throw new Error(`templates/pages/${name}.hbs has a hole that is not escaped`)
    if (name.startsWith('_')) handlebars.registerPartial(name, text)
  }
  const compiled = new Map(
    TEMPLATE_NAMES.map((name) => [name, handlebars.compile(texts[name], { strict: true, knownHelpersOnly: true })] as const),
  )
  return (name, view) => {
    const template = compiled.get(name)
    if (!template) throw new Error(`templates/pages/${name}.hbs was not compiled`)
    return template(visibleIn(view))
  }
}

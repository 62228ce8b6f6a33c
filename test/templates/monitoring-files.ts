// What is in templates/monitoring/.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

const FOLDER = new URL('../../templates/monitoring/', import.meta.url)
const ALERTS = new URL('alerts.yaml', FOLDER)

export interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly description: string }
}

export interface Panel {
  readonly title: string
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[]
}

export const ALERTS_TEXT = readFileSync(ALERTS, 'utf8')
export const RULES = (parse(ALERTS_TEXT) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules)
export const PANELS = (JSON.parse(readFileSync(new URL('dashboard.json', FOLDER), 'utf8')) as { panels: Panel[] }).panels

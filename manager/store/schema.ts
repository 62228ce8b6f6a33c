// The columns of every table, as kysely sees them. Times are milliseconds since the epoch; JSON is text, so that SQLite and
// PostgreSQL hold the same; a flag is 0 or 1. The steps that make them are in migrations.ts, the queries in a file a table.
import type {
  GuestDisksTable,
  GuestsTable,
  HomesTable,
  MeasuredGuestsTable,
  MeasuresTable,
  MoveRatesTable,
  MovesTable,
  NetworksTable,
  VmImagesTable,
} from './schema/guests.ts'

/** Small facts about this manager: its epoch, where its audit log ends, who writes here. */
export interface SettingsTable {
  key: string
  value: string
}

export interface HostsTable {
  id: string
  name: string
  /** SMBIOS' system UUID, as the host's agent told it. */
  uuid: string | null
  /** These and what they may hold: protocol/host.ts. */
  trust: string
  presence: string
  service: string
  power: string
  /** Of a fence. */
  proof: string | null
  /** Since when the word that is derived of them is what it is. */
  since: number
  /** JSON list of names. */
  groups: string
  notes: string
  created: number
  /** The boot attempt whose token its newest certificate was signed for. */
  attempt: string | null
  /** SMBIOS' system serial number and product name, as told with the UUID. */
  serial: string | null
  product: string | null
  /** JSON: who is said to be this host, and differs from all this, until somebody approves it. */
  claim: string | null
  /** JSON: why no guest is to come to it, since when, by whom; null: they may, unless it is in maintenance. */
  cordon: string | null
}

export interface HostMacsTable {
  mac: string
  host: string
  /** 1: the appliance saw it boot from this MAC; 0: its agent says that it has it. */
  boot: number
}

/** Append only: every change of a host, who made it, and what it was. */
export interface HistoryTable {
  seq: number
  host: string
  at: number
  who: string
  what: string
}

export interface InventoriesTable {
  host: string
  /** Name of the section, or `problems`. */
  section: string
  json: string
}

/** What `inventories` holds of a host: the revision, counted within one run of its agent. */
export interface RevisionsTable {
  host: string
  run: string
  revision: number
  at: number
}

/** Boot attempts whose one-time token an agent may spend, as the appliances tell them. */
export interface AttemptsTable {
  id: string
  mac: string
  uuid: string | null
  address: string
  /** SHA-256, hexadecimal. */
  token_hash: string
  expires: number
  spent: number | null
  /** SHA-256 of the public key that it was spent for, hexadecimal: the same agent may ask again, when the answer was lost. */
  spent_for: string | null
}

export interface CertificatesTable {
  /** SHA-256 over the DER, hexadecimal. */
  fingerprint: string
  host: string
  attempt: string
  issued: number
  expires: number
  revoked: number | null
  /** Why it was revoked. */
  reason: string | null
}

export interface AlarmsTable {
  /** What the alarm is about: the same again is counted, not added. */
  key: string
  kind: string
  host: string | null
  text: string
  raised: number
  last: number
  times: number
  /** Who acknowledged it, and when; a repetition raises it anew. */
  cleared: number | null
  cleared_by: string | null
}

export interface UsersTable {
  name: string
  role: string
  /** What manager/access/password.ts makes of it. */
  password: string
  created: number
  last_seen: number | null
}

/** API tokens. The secret is held by whoever it was issued to, and nowhere here. */
export interface TokensTable {
  id: string
  user: string
  label: string
  /** At most this, and never more than the user's own. */
  role: string
  /** SHA-256 of the secret, hexadecimal. */
  hash: string
  created: number
  expires: number
  last_used: number | null
  /** Id of the token that it was made with: it goes when that goes. */
  parent: string | null
}

/** Those who are signed in on the web page. */
export interface SessionsTable {
  id: string
  user: string
  /** SHA-256 of what the cookie holds, hexadecimal. */
  hash: string
  created: number
  last_used: number
}

/** Append only. `settings` holds the seq and the hash of the newest, so that a tail that is cut off is missed. */
export interface AuditTable {
  seq: number
  at: number
  who: string
  peer: string
  what: string
  /** See manager/access/chain.ts. */
  hash: string
}

/** Who told of boots and leases. */
export interface AppliancesTable {
  id: string
  address: string
  version: string
  first_seen: number
  last_seen: number
}

/** How far each boot came, as its appliance told last. */
export interface BootsTable {
  id: string
  appliance: string
  mac: string
  started: number
  outcome: string
  image: string | null
  generation: string | null
  /** The whole of it. */
  json: string
}

/** What each appliance has lent. */
export interface LeasesTable {
  appliance: string
  /** The address as 32 bits: what lies between two is found by it. */
  number: number
  address: string
  mac: string | null
  kind: string
  expires: number | null
}

/** What an operator wants a host to boot, where that is not the default. */
export interface BootSettingsTable {
  host: string
  image: string | null
  root: string | null
}

/** iSCSI targets that hosts are to be logged in to. */
export interface ConnectionsTable {
  id: string
  kind: string
  portal: string
  target: string | null
  /** JSON list of names; empty: all hosts. */
  groups: string
  chap_user: string | null
  /** By sealing.ts. */
  chap_sealed: string | null
  created: number
  created_by: string
  /** 1: taken away, and kept until no host has a session. */
  ending: number
}

/** What lay on a file system when a host looked last. */
export interface ScansTable {
  key: string
  host: string
  at: number
  /** The rest of it. */
  json: string
}

/** Who holds how much of what. See manager/claims/claim.ts. */
export interface ClaimsTable {
  holder_kind: string
  holder: string
  part: string
  space: string
  start: number
  length: number
  mode: string
  item: string
  guest: string | null
  holder_name: string
}

export interface AutomationsTable {
  id: string
  recipe: string
  /** Of the recipe, when it was made. */
  version: number
  /** JSON. */
  args: string
  title: string
  who: string
  seed: string
  state: string
  /** Why it has failed, was aborted, or needs an operator. */
  reason: string | null
  created: number
  ended: number | null
  /** Hashes of its caller's Idempotency-Key and of what was asked under it. */
  repeat_key: string | null
  repeat_body: string | null
}

/** Append only. */
export interface AutomationJournalTable {
  automation: string
  /** How many entries there are before these. */
  seq: number
  /** JSON list of what was written down in one commit. */
  json: string
}

/** What automations that are open keep others from. */
export interface AutomationLocksTable {
  key: string
  automation: string
  /** As a person calls it. */
  name: string
  access: string
}

export interface Tables {
  settings: SettingsTable
  hosts: HostsTable
  host_macs: HostMacsTable
  history: HistoryTable
  inventories: InventoriesTable
  revisions: RevisionsTable
  attempts: AttemptsTable
  certificates: CertificatesTable
  alarms: AlarmsTable
  appliances: AppliancesTable
  boots: BootsTable
  leases: LeasesTable
  boot_settings: BootSettingsTable
  users: UsersTable
  tokens: TokensTable
  sessions: SessionsTable
  audit: AuditTable
  connections: ConnectionsTable
  scans: ScansTable
  claims: ClaimsTable
  automations: AutomationsTable
  automation_journal: AutomationJournalTable
  automation_locks: AutomationLocksTable
  guests: GuestsTable
  guest_disks: GuestDisksTable
  networks: NetworksTable
  vm_images: VmImagesTable
  measures: MeasuresTable
  measured_guests: MeasuredGuestsTable
  move_rates: MoveRatesTable
  moves: MovesTable
  homes: HomesTable
}

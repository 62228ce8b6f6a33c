// The columns of what is told to people who do not look at the page; conventions as in schema.ts.

/** What may be told, in the order in which it happened; bounded. */
export interface NoticesTable {
  /** No number is left out or given twice. */
  seq: number
  at: number
  /** Of the alarm, or `automation-failed`. */
  kind: string
  /** Key of the alarm, or id of the automation. */
  subject: string
  /** Id. */
  host: string | null
  /** `raised`, `resolved`, `failed`. */
  state: string
  text: string
}

/** Who is told. */
export interface NotificationTargetsTable {
  name: string
  /** Its settings, without what is secret. */
  json: string
  /** JSON of what is secret, by sealing.ts. */
  sealed: string | null
  created: number
  created_by: string
  /** The seq of the last notice that is in a message of it, or was not for it. */
  position: number
  /** Of the message that is to be sent; the same each time that it is tried. */
  waiting_id: string | null
  /** JSON of that message. */
  waiting: string | null
  /** Nothing is sent before. */
  due: number
  /** In a row. */
  failures: number
  /** 1: it has refused what it was sent, and is sent nothing until somebody mends that. */
  stopped: number
  /** When something arrived last. */
  sent: number | null
  /** When something failed last, since something arrived. */
  failed: number | null
  error: string | null
}

// What may be told to people who do not look at the page, and how: as the store keeps it and as every door says it.

/** Each is worse than the one before. `critical`: data, or who runs what, is at risk, or nothing goes on without a person. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

/** `automations`: that have failed, or wait for an operator; `boots`: that do not go on; `alarms`: all others. */
export const TOPICS = ['alarms', 'automations', 'boots'] as const
export type Topic = (typeof TOPICS)[number]

/** `starttls`: in the clear until the server is asked for TLS, which it must have; `implicit`: TLS from the first byte on. */
export const MAIL_TLS = ['starttls', 'implicit', 'none'] as const
export type MailTls = (typeof MAIL_TLS)[number]

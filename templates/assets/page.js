// What htmx does not do: fetch only the rows that changed, move about the matrix and say a cell's why.

// --- Following the pool ---------------------------------------------------------------------------------------------------------

const ROW_PACE = 300
const MOST_ROWS = 100
const stale = new Set()
const matrix = () => document.getElementById('matrix')
const rowOf = (id) => document.getElementById(`h-${id}`)

/** Calls `work` at once, and at most every `pace` milliseconds; what comes between is done at the end. */
function paced(pace, work) {
  let last = Number.NEGATIVE_INFINITY
  let timer
  return () => {
    if (timer !== undefined) return
    const wait = Math.max(0, last + pace - performance.now())
    timer = setTimeout(async () => {
      try {
        await work()
      } finally {
        last = performance.now()
        timer = undefined
      }
    }, wait)
  }
}

const isBusy = (element) =>
  element.querySelector('details.asks[open]') !== null || element.querySelector('input:not([type=checkbox]):focus, textarea:focus') !== null

/** Parts that htmx fetches again when it hears `refresh`; not while somebody is about to act in one. */
const refreshers = new Map()
function refresh(element) {
  const key = element.id
  if (!refreshers.has(key)) {
    const run = paced(Number(element.dataset.pace ?? 300), () => {
      const current = document.getElementById(key)
      if (!current) return
      if (isBusy(current)) setTimeout(run, 2000)
      else htmx.trigger(current, 'refresh')
    })
    refreshers.set(key, run)
  }
  refreshers.get(key)()
}

function refreshFor(topics) {
  for (const element of document.querySelectorAll('[data-on]')) {
    if (element.dataset.on.split(' ').some((topic) => topics.has(topic))) refresh(element)
  }
}

function isInView(row) {
  const { top, bottom } = row.getBoundingClientRect()
  const frame = matrix().getBoundingClientRect()
  return bottom > frame.top - 200 && top < frame.bottom + 200
}

const fetchStale = paced(ROW_PACE, async () => {
  const due = [...stale].filter((id) => {
    const row = rowOf(id)
    if (!row) stale.delete(id)
    return row && isInView(row)
  })
  const ids = due.slice(0, MOST_ROWS)
  if (ids.length === 0) return
  for (const id of ids) stale.delete(id)
  const asked = matrix()?.dataset.asked ?? ''
  const response = await fetch(`/rows?${[...ids.map((id) => `id=${id}`), asked].filter(Boolean).join('&')}`, {
    headers: { 'HX-Request': 'true' },
  })
  if (response.status === 401) return location.reload()
  if (!response.ok) return
  const html = await response.text()
  const body = matrix()
  if (response.headers.get('X-Columns') !== body?.dataset.columns) return refetchMatrix()
  const fresh = document.createElement('template')
  fresh.innerHTML = `<table><tbody>${html}</tbody></table>`
  for (const row of fresh.content.querySelectorAll('tr')) replaceRow(row)
  if (due.length > ids.length) fetchStale()
})

function replaceRow(row) {
  const old = document.getElementById(row.id)
  if (!old || old.outerHTML === row.outerHTML) return
  const focused = old.contains(document.activeElement) ? document.activeElement.closest('td, th')?.cellIndex : undefined
  if (old.className !== row.className) row.classList.add('fresh')
  old.replaceWith(row)
  if (focused !== undefined) focusCell(row.cells[focused])
  reasons.clear()
}

const refetchMatrix = paced(1000, async () => {
  const form = document.querySelector('form.filter')
  if (form) await htmx.ajax('GET', `/matrix?${new URLSearchParams(new FormData(form))}`, { target: '#matrix', swap: 'outerHTML' })
})

function take(changed) {
  const { hosts, samples, alarms } = changed
  const topics = topicsOf(changed)
  if (hosts.some((id) => document.getElementById(`p-${id}`))) topics.add('pending')
  refreshFor(topics)
  if (!matrix()) return
  const isFiltered = new URLSearchParams(location.search).size > 0
  if (hosts.some((id) => !rowOf(id)) && !isFiltered) refetchMatrix()
  for (const id of [...hosts, ...samples]) stale.add(id)
  if (alarms) for (const row of document.querySelectorAll('#matrix tbody tr')) stale.add(row.id.slice(2))
  fetchStale()
}

/** After the connection was away, and nobody knows what was missed. */
function takeAll() {
  for (const element of document.querySelectorAll('[data-on]')) refresh(element)
  if (matrix()) refetchMatrix()
}

function say(text, state) {
  const live = document.getElementById('live')
  live.textContent = text
  live.className = `live ${state}`
}

// --- A manager that does not answer ----------------------------------------------------------------------------------------------

/** A manager that only starts again is back before that, ms. */
const GRACE = 3000
let losing
/** Says on the whole page that what it shows is of then. `heard`: when there was a sign of the manager last, ms since the epoch. */
function tellReach(is, heard) {
  const lost = document.getElementById('lost')
  if (is === 'on') {
    clearTimeout(losing)
    losing = undefined
    lost.hidden = true
    document.body.classList.remove('lost')
    return
  }
  losing ??= setTimeout(() => {
    const since = new Date(heard).toLocaleTimeString('en-GB')
    lost.textContent = `The manager does not answer since ${since}: all that is shown is as it was then. It is asked again every few seconds.`
    lost.hidden = false
    document.body.classList.add('lost')
  }, GRACE)
}

/** A button that nobody hears says so; what the page fetches by itself is fetched again when the manager is back. */
function tellUnheard({ detail }) {
  const { verb, triggeringEvent } = detail.requestConfig
  if (triggeringEvent?.type === 'refresh') return
  const said = document.createElement('p')
  said.className = 'refused'
  said.textContent =
    verb === 'get'
      ? 'The manager does not answer: nothing was fetched. Try again when it is back.'
      : 'The manager does not answer: whether this was done is not known. Look again when it is back.'
  document.getElementById('notice').replaceChildren(said)
  tellNotice()
}
document.addEventListener('htmx:sendError', tellUnheard)
document.addEventListener('htmx:timeout', tellUnheard)

document.addEventListener('acted', takeActed)
function takeActed() {
  const active = document.activeElement
  active?.closest?.('details.asks[open]')?.querySelector('summary').focus()
  for (const details of document.querySelectorAll('details.asks[open]')) details.open = false
  if (active?.matches?.('input, textarea')) active.blur()
  for (const element of document.querySelectorAll('[data-on]')) refresh(element)
  for (const row of document.querySelectorAll('#matrix tbody tr')) stale.add(row.id.slice(2))
  fetchStale()
}

// --- A cell's why ---------------------------------------------------------------------------------------------------------------

const reasons = new Map()
const FIRST_THING = 7

function isThing(cell) {
  return cell?.tagName === 'TD' && cell.cellIndex >= FIRST_THING && cell.closest('#matrix') !== null
}

async function reasonOf(cell) {
  const head = matrix().querySelector('thead tr').cells[cell.cellIndex]
  const address = `/cell?${new URLSearchParams({ key: head.dataset.key, host: cell.parentElement.id.slice(2) })}`
  if (!reasons.has(address)) {
    const asked = fetch(address, { headers: { 'HX-Request': 'true' } }).then((response) => response.text())
    reasons.set(address, asked)
    asked.catch(() => reasons.delete(address))
  }
  return reasons.get(address)
}

let wanted
let hint
async function explain(cell, pinned) {
  wanted = cell
  const html = await reasonOf(cell)
  const why = document.getElementById('why')
  if (wanted !== cell || !why) return
  if (!pinned && why.dataset.pinned) return
  hint ??= why.innerHTML
  why.innerHTML = html
  if (pinned) why.dataset.pinned = 'yes'
  cell.title = why.textContent.replace(/\s+/g, ' ').trim()
  cell.setAttribute('aria-describedby', 'why')
}

function closeWhy() {
  const why = document.getElementById('why')
  if (!why) return
  wanted = undefined
  if (hint) why.innerHTML = hint
  delete why.dataset.pinned
}

function focusCell(cell) {
  if (!cell) return
  const target = cell.querySelector('a') ?? cell
  if (target === cell) cell.tabIndex = -1
  target.focus()
  cell.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}

let hovering
document.addEventListener('mouseover', ({ target }) => {
  clearTimeout(hovering)
  const cell = target.closest?.('td')
  if (isThing(cell)) hovering = setTimeout(() => explain(cell, false), 120)
})
document.addEventListener('focusin', ({ target }) => isThing(target) && explain(target, true))
document.addEventListener('click', ({ target }) => {
  const cell = target.closest?.('td')
  if (isThing(cell)) focusCell(cell)
})

/** Of the column whose cell is explained: to the front, or away; again, and it is where it was. */
document.addEventListener('click', (event) => {
  const { pin, hide, allColumns } = event.target.closest?.('[data-pin], [data-hide], [data-all-columns]')?.dataset ?? {}
  const form = document.querySelector('form.filter')
  const [name, key] = pin === undefined ? ['hide', hide] : ['pin', pin]
  if (!form || (key === undefined && allColumns === undefined)) return
  event.preventDefault()
  if (key === undefined) {
    for (const input of form.querySelectorAll('input[name=pin], input[name=hide]')) input.remove()
    form.elements.cols.value = ''
    form.elements.by.value = 'kind'
  } else {
    const said = [...form.querySelectorAll(`input[name=${name}]`)].find(({ value }) => value === key)
    if (said) said.remove()
    else form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value: key }))
  }
  closeWhy()
  form.requestSubmit()
})

const STEPS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0], PageDown: [20, 0], PageUp: [-20, 0] }
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') return closeWhy()
  if (event.key === '/' && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
    event.preventDefault()
    return document.querySelector('form.filter input[type=search]')?.focus()
  }
  if (event.key === 'ArrowDown' && event.target.matches?.('form.filter input[type=search]')) {
    const first = matrix()?.querySelector('tbody tr')
    event.preventDefault()
    return focusCell(first?.cells[FIRST_THING] ?? first?.cells[0])
  }
  const cell = event.target.closest?.('#matrix tbody td, #matrix tbody th')
  const step = STEPS[event.key]
  if (!cell || !step) return
  event.preventDefault()
  const rows = cell.closest('tbody').rows
  const row = rows[Math.min(rows.length - 1, Math.max(0, cell.parentElement.sectionRowIndex + step[0]))]
  focusCell(row.cells[Math.min(row.cells.length - 1, Math.max(0, cell.cellIndex + step[1]))])
})

// --- Times, notices -------------------------------------------------------------------------------------------------------------

const SPANS = [
  [60, 'second'],
  [3600, 'minute', 60],
  [86_400, 'hour', 3600],
  [2_592_000, 'day', 86_400],
]
/** 2026-11-24, in every place alike. */
const day = new Intl.DateTimeFormat('en-CA')
const ago = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'narrow' })

function tellTimes() {
  for (const time of document.querySelectorAll('time[datetime]')) {
    const at = Date.parse(time.dateTime)
    if (Number.isNaN(at)) continue
    const seconds = (at - Date.now()) / 1000
    // Of a log: when, and not how long ago.
    if (time.dataset.said === 'at') {
      time.title = time.dateTime
      time.textContent = new Date(at).toLocaleString('sv-SE')
      continue
    }
    const [, unit, size = 1] = SPANS.find(([limit]) => Math.abs(seconds) < limit) ?? []
    time.title = new Date(at).toLocaleString()
    time.textContent = unit ? ago.format(Math.round(seconds / size), unit) : day.format(at)
  }
}

/** What somebody has opened stays open, and what is ticked ticked, when its part of the page is fetched again. */
let opened = []
let ticked = []
/** By the id of the part that is fetched. */
const focused = new Map()
/** What of an item of a list can have the focus, in its order. */
const controlsOf = (item) => [...item.querySelectorAll('a[href], button, summary, input:not([type=hidden])')]
/** Where somebody is in a list: who acts on one item is at the next when that one is gone. */
function placeIn(list) {
  const active = document.activeElement
  const item = list.contains(active) ? active.closest('li[id], tr[id]') : null
  if (!item) return undefined
  return { item: item.id, at: [...item.parentElement.children].indexOf(item), control: controlsOf(item).indexOf(active), tag: item.tagName }
}
function focusAgain({ item, at, control, tag }, list) {
  if (document.activeElement && document.activeElement !== document.body) return
  const items = [...list.querySelectorAll(`${tag}[id]`)]
  const target = items.find(({ id }) => id === item) ?? items[Math.min(at, items.length - 1)]
  const controls = target ? controlsOf(target) : []
  const next = controls[control] ?? controls[0]
  if (next) return next.focus()
  list.tabIndex = -1
  list.focus()
}
document.addEventListener('htmx:beforeSwap', ({ detail }) => {
  const place = placeIn(detail.target)
  if (place) focused.set(detail.target.id, place)
  opened = [...detail.target.querySelectorAll('details[id][open]')].map(({ id }) => id)
  ticked = [...detail.target.querySelectorAll('input[type=checkbox][id]:checked')].map(({ id }) => id)
})
document.addEventListener('htmx:afterSettle', ({ detail }) => {
  const id = detail.target?.id
  const [place, list] = [focused.get(id), document.getElementById(id)]
  focused.delete(id)
  if (place && list) focusAgain(place, list)
  for (const id of opened.splice(0)) document.getElementById(id)?.setAttribute('open', '')
  for (const id of ticked.splice(0)) {
    const box = document.getElementById(id)
    if (box) box.checked = true
  }
  countTicked()
})

/** A box that ticks all others of a name, and how many of them are. */
function countTicked() {
  for (const said of document.querySelectorAll('[data-ticked]')) {
    const boxes = [...document.querySelectorAll(`input[type=checkbox][name="${said.dataset.ticked}"]`)]
    const count = boxes.filter(({ checked }) => checked).length
    said.textContent = count === 0 ? 'those that are ticked' : `${count} ticked`
    for (const all of document.querySelectorAll(`[data-all="${said.dataset.ticked}"]`)) {
      all.checked = count > 0 && count === boxes.length
      all.indeterminate = count > 0 && count < boxes.length
    }
  }
}
document.addEventListener('change', ({ target }) => {
  if (target.dataset.all) {
    for (const box of document.querySelectorAll(`input[type=checkbox][name="${target.dataset.all}"]`)) box.checked = target.checked
  }
  if (target.type === 'checkbox') countTicked()
})
/** What was asked for is not asked for again by ticks that are left. */
function takeChosen() {
  document.getElementById('chosen-title')?.focus()
  if (!document.querySelector('#chosen .begun')) return
  for (const box of document.querySelectorAll('#guests input[type=checkbox]:checked')) box.checked = false
  countTicked()
}
/** Without scripts such a link leads back to the page. */
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('[data-close]')
  if (!link) return
  event.preventDefault()
  document.getElementById(link.dataset.close)?.replaceChildren()
})

let notice
function tellNotice() {
  clearTimeout(notice)
  const place = document.getElementById('notice')
  const isRefused = place.querySelector('.refused') !== null
  notice = setTimeout(() => place.replaceChildren(), isRefused ? 12_000 : 4000)
}

document.addEventListener('htmx:afterSwap', ({ detail }) => {
  tellTimes()
  if (detail.target?.id === 'notice') tellNotice()
  if (detail.target?.id === 'chosen') takeChosen()
  if (document.getElementById('matrix')) fetchStale()
})
document.addEventListener('click', ({ target }) => {
  if (target.closest?.('#notice')) target.closest('#notice').replaceChildren()
  for (const details of document.querySelectorAll('details.asks[open]')) if (!details.contains(target)) details.open = false
})

document.addEventListener('scroll', () => stale.size > 0 && matrix() && fetchStale(), { capture: true, passive: true })
tellTimes()
setInterval(tellTimes, 20_000)
if (document.getElementById('live')) {
  const doing = { changed: take, missed: takeAll, here: () => {}, 'signed-out': () => location.reload() }
  followPool(doing, (is, heard) => {
    say(is === 'on' ? 'live' : 'not live', is)
    tellReach(is, heard)
  })
}

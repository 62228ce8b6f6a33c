// Draws what a part of the page says was measured, with uPlot. The part is fetched again by page.js; the drawings stay, and get its numbers.

const HEIGHT = 120
const drawn = new Map()

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
function bytes(value) {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10)))
  return `${Math.round((value / 1024 ** power) * 10) / 10} ${UNITS[power]}`
}
const SAY = {
  share: (value) => `${(value * 100).toFixed(value < 0.1 && value > 0 ? 1 : 0)} %`,
  bytes,
  rate: (value) => `${bytes(value)}/s`,
}
/** So that an axis has round numbers of its unit. */
const STEPS = { share: [0.1, 0.25, 0.5, 1], bytes: powers(), rate: powers() }
function powers() {
  return Array.from({ length: 60 }, (_, power) => 2 ** power)
}

const two = (number) => String(number).padStart(2, '0')
function clock(seconds, withSeconds) {
  const date = new Date(seconds * 1000)
  return `${two(date.getHours())}:${two(date.getMinutes())}${withSeconds ? `:${two(date.getSeconds())}` : ''}`
}

const part = () => document.getElementById('measures')
const colourOf = (element) => getComputedStyle(element).color

/** The style sheet's colours, as they are at the moment: light or dark. `strength`: 0 to 1. */
function lineColour(figure, at, strength) {
  const line = figure().querySelector(`.line-${at}`)
  return line ? colourOf(line).replace(/^rgba?\(([^,)]+,[^,)]+,[^,)]+).*$/, `rgba($1, ${strength})`) : 'transparent'
}

function optionsFor(id, unit, count, hasMost) {
  const figure = () => document.getElementById(id)
  const ink = () => colourOf(figure().querySelector('.plot'))
  const grid = { stroke: () => getComputedStyle(figure().querySelector('.plot')).borderTopColor, width: 1 }
  const font = '11px system-ui, sans-serif'
  const line = (at) => [
    ...(hasMost ? [{ stroke: () => lineColour(figure, at, 0.4), width: 1, points: { show: false } }] : []),
    { stroke: () => lineColour(figure, at, 1), width: 1.5, ...(at === 0 ? { fill: () => lineColour(figure, at, 0.12) } : {}) },
  ]
  return {
    width: 200,
    height: HEIGHT,
    legend: { show: false },
    cursor: { sync: { key: 'measures' }, drag: { x: false, y: false }, y: false, points: { size: 6 } },
    scales: {
      x: { range: () => [Number(part().dataset.from) / 1000, Number(part().dataset.until) / 1000] },
      y: { range: (_plot, _least, most) => [0, Number(figure().dataset.top) || Math.max(most * 1.1, 1024)] },
    },
    axes: [
      {
        ...{ stroke: ink, font, grid, ticks: { ...grid, size: 4 }, space: 60, size: 26 },
        values: (_plot, splits) => splits.map((at) => clock(at, false)),
      },
      {
        ...{ stroke: ink, font, grid, ticks: { show: false }, incrs: STEPS[unit], space: 26, size: 70 },
        values: (_plot, splits) => splits.map((value) => SAY[unit](value)),
      },
    ],
    series: [{}, ...Array.from({ length: count }, (_, at) => line(at)).flat()],
    hooks: { setCursor: [(plot) => tell(figure(), plot, hasMost)] },
  }
}

/** In the place of the newest values: those under the pointer. */
function tell(figure, plot, hasMost) {
  const { idx } = plot.cursor
  for (const [at, line] of [...figure.querySelectorAll('.line')].entries()) {
    const output = line.querySelector('output')
    output.dataset.now ??= output.textContent
    const [mean, most] = hasMost ? [plot.data[2 * at + 2], plot.data[2 * at + 1]] : [plot.data[at + 1]]
    const say = (value) => (typeof value === 'number' ? SAY[figure.dataset.unit](value) : 'not measured')
    if (typeof idx !== 'number') output.textContent = output.dataset.now
    else output.textContent = typeof most?.[idx] === 'number' ? `${say(mean[idx])}, most ${say(most[idx])}` : say(mean?.[idx])
  }
  part().querySelector('.chart-at').textContent =
    typeof idx === 'number' ? `at ${clock(plot.data[0][idx], part().dataset.last === '1h')}` : ''
}

function draw() {
  const element = part()
  const seen = new Set()
  const times = element ? JSON.parse(element.dataset.times).map((at) => at / 1000) : []
  for (const figure of element?.querySelectorAll('figure') ?? []) {
    const place = figure.querySelector('.plot')
    if (!place) continue
    const lines = [...figure.querySelectorAll('.line')]
    const hasMost = element.dataset.last === '1d'
    const data = [times, ...lines.flatMap(({ dataset }) => [...(hasMost ? [JSON.parse(dataset.most)] : []), JSON.parse(dataset.mean)])]
    const shape = `${figure.id} ${data.length}`
    seen.add(shape)
    const plot = drawn.get(shape) ?? new uPlot(optionsFor(figure.id, figure.dataset.unit, lines.length, hasMost), undefined, place)
    drawn.set(shape, plot)
    if (plot.root.parentElement !== place) place.append(plot.root)
    widen(plot, place)
    plot.setData(data)
    tell(figure, plot, hasMost)
  }
  for (const [shape, plot] of drawn) {
    if (seen.has(shape)) continue
    plot.destroy()
    drawn.delete(shape)
  }
  widths.disconnect()
  if (element) widths.observe(element)
}

function widen(plot, place) {
  const width = Math.max(120, place.clientWidth)
  if (plot.width !== width) plot.setSize({ width, height: HEIGHT })
}

const widths = new ResizeObserver(() => {
  for (const plot of drawn.values()) if (plot.root.parentElement) widen(plot, plot.root.parentElement)
})
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const plot of drawn.values()) plot.redraw(false)
})
document.addEventListener('htmx:afterSwap', draw)
draw()

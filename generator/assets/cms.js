// A field for times in the browser editor. It takes what a note takes: a time with its offset, and after another one
// also `+12m` or `05:42Z`. Decap's own field for times cannot show those, and would refuse a note written by hand.
(() => {
  const FORMS = {
    absolute: [/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/i, 'a time with its offset, like 2026-11-23T06:00:00Z'],
    relative: [/^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})|\d{1,2}:\d{2}(:\d{2})?Z|\+[\dsmhdw. ]+)$/i, 'like 2026-11-23T06:00:00Z, +12m or 05:42Z'],
    wall: [/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:?\d{2})?$/i, 'like 2026-11-23T06:00:00Z; without Z on the clock of the time zone'],
  }
  const text = value => value instanceof Date ? value.toISOString().replace('.000Z', 'Z') : value == null ? '' : String(value)

  const Moment = window.createClass({
    componentDidMount() {
      if (this.props.field.get('now') && text(this.props.value) === '') this.now()
    },
    now() {
      this.props.onChange(new Date().toISOString().slice(0, 16) + ':00Z')
    },
    isValid() {
      const [form, hint] = FORMS[this.props.field.get('form') || 'absolute']
      const said = text(this.props.value)
      if (said === '' || form.test(said)) return true
      return { error: { type: 'CUSTOM', message: 'Write it ' + hint } }
    },
    render() {
      const { forID, classNameWrapper, setActiveStyle, setInactiveStyle, onChange, value, field } = this.props
      return window.h('div', { className: classNameWrapper, style: { display: 'flex', gap: '12px' } },
        window.h('input', {
          id: forID, type: 'text', value: text(value), style: { flex: 1, border: 0, background: 'none', font: 'inherit' },
          onChange: event => onChange(event.target.value.trim()), onFocus: setActiveStyle, onBlur: setInactiveStyle,
        }),
        window.h('button', { type: 'button', onClick: this.now, 'aria-label': `Set ${field.get('name')} to now` }, 'Now'))
    },
  })
  window.CMS.registerWidget('moment', Moment)
})()

// Clocks: [data-since] counts up from a moment.
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600), Math.floor(whole / 60)];
  if (days) return `${days} d ${hours % 24} h`;
  if (hours) return `${hours} h ${minutes % 60} min`;
  if (minutes) return `${minutes} min ${whole % 60} s`;
  return seconds < 10 ? `${Math.max(0, seconds).toFixed(1)} s` : `${whole} s`;
}

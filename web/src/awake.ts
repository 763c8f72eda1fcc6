// Keeps the screen on until the function that it returns is called. Where a browser can't, the screen goes dark as ever.
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  let isOver = false;
  // A page that was hidden has lost its lock.
  const take = async () => {
    if (!isOver && !document.hidden) {
      lock = await navigator.wakeLock?.request('screen').catch(() => undefined);
    }
    if (isOver) {
      await lock?.release();
    }
  };
  document.addEventListener('visibilitychange', take);
  void take();
  return () => {
    isOver = true;
    document.removeEventListener('visibilitychange', take);
    void lock?.release();
  };
}

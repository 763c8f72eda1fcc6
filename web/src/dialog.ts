// Questions in a dialog.
import {button, el} from './dom';
import {notice} from './notice';

// Asks with what `content` holds, and closes once `send` has done its work; true if it has, false if nobody wanted it.
export function ask(title: string, yes: string, send: (given: FormData) => Promise<unknown>, ...content: HTMLElement[]): Promise<boolean> {
  return new Promise((resolve) => {
    const trouble = el('div');
    const dialog = el('dialog', {'aria-labelledby': 'ask-title', onclose: () => { dialog.remove(); resolve(false); }});
    const submit = async (event: Event) => {
      event.preventDefault();
      try {
        await send(new FormData(event.target as HTMLFormElement));
        resolve(true);
        dialog.close();
      } catch (error) {
        trouble.replaceChildren(notice(error));
      }
    };
    dialog.append(el('form', {onsubmit: (event) => void submit(event)}, el('h2', {id: 'ask-title'}, title), ...content, trouble,
      el('button', {class: 'main'}, yes), button('Cancel', () => dialog.close(), 'link')));
    document.body.append(dialog);
    dialog.showModal();
  });
}

// Shows something with ways on, each of which closes it; `text` of the last is to leave it at that.
export function tell(title: string, ways: {text: string; act: () => void}[], ...content: HTMLElement[]): void {
  const dialog = el('dialog', {'aria-labelledby': 'tell-title', onclose: () => dialog.remove()});
  const buttons = ways.map(({text, act}) => button(text, () => { dialog.close(); act(); }, 'link'));
  dialog.append(el('div', {class: 'told'}, el('h2', {id: 'tell-title'}, title), ...content,
    el('div', {class: 'row'}, ...buttons, button('Done', () => dialog.close(), 'link'))));
  document.body.append(dialog);
  dialog.showModal();
}

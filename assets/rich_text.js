// A text with looks, by TipTap. The hidden field of the page's form is what is saved; it changes when the text does,
// and never before: an email that is only opened stays as it was stored.
import { createElement as h, useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { EditorContent, Extension, useEditor, useEditorState } from "@tiptap/react";
import { Plugin } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import StarterKit from "@tiptap/starter-kit";
import { Bold, Heading, Italic, Link, List, ListOrdered, Redo2, Underline, Undo2 } from "lucide-react";

const SCHEMES = ["http:", "https:", "mailto:", "tel:"];
const FIELD = /\{\{([^{}]*)\}\}/g;

const LOOKS = [
  ["bold", Bold, "bold", (chain) => chain.toggleBold()],
  ["italic", Italic, "italic", (chain) => chain.toggleItalic()],
  ["underline", Underline, "underline", (chain) => chain.toggleUnderline()],
  ["heading", Heading, "heading", (chain) => chain.toggleHeading({ level: 2 })],
  ["bullets", List, "bulletList", (chain) => chain.toggleBulletList()],
  ["numbers", ListOrdered, "orderedList", (chain) => chain.toggleOrderedList()],
];

// Personal fields stand out; those that nobody can fill in, as mistakes.
const personalFields = (known) =>
  Extension.create({
    name: "personalFields",
    addProseMirrorPlugins: () => [new Plugin({ props: { decorations: (state) => fieldsIn(state.doc, known) } })],
  });

function fieldsIn(doc, known) {
  const found = [];
  doc.descendants((node, position) => {
    for (const match of node.isText ? node.text.matchAll(FIELD) : []) {
      const from = position + match.index;
      const look = known.includes(match[1]) ? "personal-field" : "personal-field is-unknown";
      found.push(Decoration.inline(from, from + match[0].length, { class: look }));
    }
  });
  return DecorationSet.create(doc, found);
}

const looks = () =>
  StarterKit.configure({
    heading: { levels: [1, 2, 3] },
    trailingNode: false,
    link: {
      openOnClick: false,
      protocols: ["mailto", "tel"],
      HTMLAttributes: { target: null, rel: null },
      isAllowedUri: (uri) => address(uri ?? "") !== "",
    },
  });

// What was typed as an address, with its scheme; "" for what is none.
function address(typed) {
  const text = typed.trim();
  const full = /^[a-z][a-z0-9+.-]*:/i.test(text) ? text
    : /^[^\s/@]+@[^\s/@]+$/.test(text) ? `mailto:${text}`
    : /^\+?[\d\s().-]{6,}$/.test(text) ? `tel:${text.replace(/[^\d+]/g, "")}`
    : `https://${text}`;
  try {
    const url = new URL(full);
    if (!SCHEMES.includes(url.protocol) || /\s/.test(full)) return "";
    return url.protocol.startsWith("http") && !url.hostname.includes(".") ? "" : full;
  } catch {
    return "";
  }
}

const paragraphs = (text) =>
  text.split("\n").map((line) => ({ type: "paragraph", content: line ? [{ type: "text", text: line }] : [] }));

const hasPicture = (html) => /<img\b/i.test(html);

export function RichText({ field, initial, label, placeholder, labels, known, isInvalid, onChange, children }) {
  const [link, setLink] = useState(null);
  const [extensions] = useState(() => [personalFields(known), looks()]);
  const heard = useRef(onChange);
  heard.current = onChange;
  const editor = useEditor({
    immediatelyRender: true, // this file is for browsers alone
    injectCSS: false,
    content: initial,
    extensions,
    editorProps: {
      attributes: {
        role: "textbox", "aria-multiline": "true", "aria-label": label, "aria-placeholder": placeholder,
        "aria-describedby": `${field}-error`, "data-error-for": field, dir: "auto", class: "rich-text-area",
      },
    },
    onUpdate: ({ editor }) => {
      const html = editor.isEmpty ? "" : editor.getHTML();
      document.getElementById(field).value = html;
      heard.current?.(editor.getText({ blockSeparator: "\n" }), hasPicture(html));
    },
  });
  const at = useEditorState({ editor, selector: ({ editor }) => editor && lookOf(editor) });

  useEffect(() => {
    if (!editor) return undefined;
    const editors = (window.richTexts ??= {});
    editors[field] = {
      text: () => editor.getText({ blockSeparator: "\n" }),
      insert: (text) => editor.chain().focus().insertContent({ type: "text", text }).run(),
      rewrite: (text) => editor.chain().focus().setContent({ type: "doc", content: paragraphs(text) }, { emitUpdate: true }).run(),
    };
    return () => delete editors[field];
  }, [editor, field]);
  useEffect(() => {
    editor?.view.dom.setAttribute("aria-invalid", String(Boolean(isInvalid)));
  }, [editor, isInvalid]);

  if (!editor || !at) return h("div", { className: "writer rich-text", "aria-busy": true });
  const openLink = () => setLink(editor.getAttributes("link").href ?? "");
  return h(
    "div",
    { className: "writer rich-text" },
    h(
      "div",
      { className: "writer-tools" },
      h(Toolbar, { editor, at, labels, openLink }),
      children,
    ),
    h(
      "div",
      { className: "rich-text-sheet" },
      at.isEmpty && h("div", { className: "rich-text-placeholder secondary", "aria-hidden": true }, placeholder),
      h(EditorContent, { editor }),
    ),
    link !== null && h(LinkDialog, { editor, labels, initial: link, close: () => setLink(null) }),
  );
}

function lookOf(editor) {
  const pressed = Object.fromEntries(LOOKS.map(([name, , mark]) => [name, editor.isActive(mark)]));
  const can = { undo: editor.can().undo(), redo: editor.can().redo() };
  return { ...pressed, link: editor.isActive("link"), ...can, isEmpty: editor.isEmpty };
}

function Toolbar({ editor, at, labels, openLink }) {
  const [current, setCurrent] = useState(0);
  const tools = [
    ...LOOKS.map(([name, icon, , act]) => [name, icon, { "aria-pressed": at[name] }, () => act(editor.chain().focus()).run()]),
    ["link", Link, { "aria-pressed": at.link, "aria-haspopup": "dialog" }, openLink],
    ["undo", Undo2, { "aria-disabled": !at.undo }, () => editor.chain().focus().undo().run()],
    ["redo", Redo2, { "aria-disabled": !at.redo }, () => editor.chain().focus().redo().run()],
  ];
  const walk = (event) => {
    const back = getComputedStyle(event.currentTarget).direction === "rtl" ? "ArrowRight" : "ArrowLeft";
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const next = (current + (event.key === back ? -1 : 1) + tools.length) % tools.length;
    setCurrent(next);
    event.currentTarget.children[next].focus();
    event.preventDefault();
  };
  return h(
    "div",
    { role: "toolbar", "aria-label": labels.toolbar, className: "rich-text-toolbar", onKeyDown: walk },
    tools.map(([name, icon, state, act], index) =>
      h(
        "button",
        {
          key: name, type: "button", "aria-label": labels[name], title: labels[name], className: "writer-tool is-icon",
          tabIndex: index === current ? 0 : -1, onFocus: () => setCurrent(index), onClick: act,
          onMouseDown: (event) => event.preventDefault(), // the selection stays
          ...state,
        },
        h(icon, { size: 16, "aria-hidden": true }),
      ),
    ),
  );
}

function LinkDialog({ editor, labels, initial, close }) {
  const dialog = useRef(null);
  const [typed, setTyped] = useState(initial);
  const [wrong, setWrong] = useState(false);
  useEffect(() => dialog.current.showModal(), []);

  const leave = () => {
    close();
    editor.commands.focus();
  };
  const apply = () => {
    const href = address(typed);
    if (!href) return setWrong(true);
    const chain = editor.chain().focus();
    if (editor.state.selection.empty && !editor.isActive("link")) {
      chain.insertContent({ type: "text", text: typed.trim(), marks: [{ type: "link", attrs: { href } }] });
    } else {
      chain.extendMarkRange("link").setLink({ href });
    }
    chain.run();
    return close();
  };
  const remove = () => {
    editor.chain().focus().extendMarkRange("link").unsetLink().run();
    close();
  };
  const onKeyDown = (event) => {
    event.stopPropagation();
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    apply();
  };
  const button = (text, act, look) => h("button", { type: "button", className: `link-button ${look}`, onClick: act }, text);

  return createPortal(
    h(
      "dialog",
      { ref: dialog, className: "link-dialog", "aria-label": labels.linkTitle, onKeyDown, onCancel: leave },
      h("h2", null, labels.linkTitle),
      h("label", { htmlFor: "link-address", className: "field-label" }, labels.address),
      h("input", {
        id: "link-address", className: "text-input", type: "text", inputMode: "url", autoFocus: true, dir: "ltr",
        autoComplete: "off", value: typed, "aria-invalid": wrong, "aria-describedby": "link-help",
        onChange: (event) => { setTyped(event.target.value); setWrong(false); },
      }),
      h(
        "p",
        { id: "link-help", role: wrong ? "alert" : undefined, className: wrong ? "field-error" : "small secondary link-help" },
        wrong ? labels.addressWrong : labels.addressHelp,
      ),
      h(
        "div",
        { className: "link-buttons" },
        initial && button(labels.remove, remove, "is-remove"),
        button(labels.cancel, leave, ""),
        button(labels.apply, apply, "is-main"),
      ),
    ),
    document.querySelector(".radix-themes") ?? document.body,
  );
}

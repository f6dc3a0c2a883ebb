// Text from outside made safe to show: a metric name, a label or an answer of a server must not
// move the cursor of the terminal that shows it, turn the reading order round, or begin a line of
// its own.
//
// Every place that shows text (log, command line, status and health views, JSON documents, the
// sandbox's screen) passes it through here, last of all.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace remora::core {

enum class Breaks {
  removed,  ///< line ends and tabs become blanks: what is shown stays one line
  kept      ///< '\n' and '\t' stay: for whole texts and JSON documents
};

/// `text` itself when nothing in it is unprintable (the usual case, eight bytes at a time); else
/// `scratch`, filled with `text` where
///   - a byte that is no UTF-8 is U+FFFD,
///   - C0 controls, DEL, C1 controls, bidirectional controls (U+061C, U+200E, U+200F, U+202A-202E,
///     U+2066-2069), line and paragraph separators, and characters that are invisible (U+200B,
///     U+2060-2065, U+206A-206F, U+FEFF, U+FFF9-FFFB, U+E0000-E007F) are written "\u001b".
/// U+200C and U+200D stay: Persian, Hindi and emoji need them. In a JSON document, where such
/// characters can only stand inside strings, the written form is the escape of the same character.
/// Applying it twice changes nothing more. Source: Unicode 15, general categories Cc and Cf.
[[nodiscard]] std::string_view printable(std::string_view text, std::string& scratch,
                                         Breaks breaks = Breaks::removed);
[[nodiscard]] std::string printable(std::string_view text, Breaks breaks = Breaks::removed);

}  // namespace remora::core

#include "remora/autodiscovery/template.hpp"

namespace remora::autodiscovery {

std::string_view to_string(Provider provider) {
  switch (provider) {
    case Provider::container_label:
      return "container";
    case Provider::file:
      return "file";
    case Provider::built_in:
      return "built-in";
  }
  return "file";
}

const Aliases& default_aliases() {
  static const Aliases kAliases{{"redis", "redisdb"},       {"elasticsearch", "elastic"},
                                {"memcached", "mcache"},    {"memcache", "mcache"},
                                {"postgresql", "postgres"}, {"httpd", "apache"},
                                {"php-fpm", "php_fpm"}};
  return kAliases;
}

}  // namespace remora::autodiscovery

#ifndef VITRINE_CZSTD_SHIM_H
#define VITRINE_CZSTD_SHIM_H

#include <zstd.h>

#endif

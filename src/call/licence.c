#include "call/licence.h"

bool licence_allows(const struct licence *licence, enum licence_use)
{
	if (!licence->sold)
		return true;
	return licence->residential ? licence->apartment : licence->device;
}

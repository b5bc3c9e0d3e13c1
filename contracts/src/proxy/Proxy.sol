// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

// Compiled here so that its artifact comes from the same compiler: the proxy in front of every upgradeable contract.
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
